"""A ledger in a folder: write-once for those who go through it, not for the machine's administrator."""

from pathlib import Path

from shared.adapters.local.files import make_folder, write_new
from shared.domain.errors import Absent, AlreadyRecorded, NotDurable

UNFINISHED = ".unfinished"


class DirectorySink:
    """Keeps each path as a file below `folder`, made once and never replaced; readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    def put(self, path: str, content: bytes) -> None:
        target = self._folder / path
        unfinished = self._folder / UNFINISHED
        try:
            make_folder(unfinished)
            make_folder(target.parent)
            write_new(target, content, unfinished)
        except FileExistsError:
            if self.get(path) != content:
                raise AlreadyRecorded(path) from None
        except OSError as error:
            raise NotDurable(f"{self.name}: {error.strerror}") from None

    def get(self, path: str) -> bytes:
        try:
            return (self._folder / path).read_bytes()
        except OSError as error:
            raise Absent(f"{self.name} has no {path}: {error.strerror}") from None

    def list(self, prefix: str) -> tuple[str, ...]:
        """Every file below the prefix, which ends at a folder."""
        files = (path for path in (self._folder / prefix).rglob("*") if not path.is_dir())
        return tuple(sorted(path.relative_to(self._folder).as_posix() for path in files))
