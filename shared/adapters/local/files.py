"""Writing files so that a crash at any line leaves either the old state or the new one, and nobody else can read them."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def make_folder(folder: Path) -> None:
    """The folder and its parents, each for ourselves alone and durable."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        _sync(folder.parent)


def write_new(path: Path, content: bytes, partial: Path) -> None:
    """The file at once and whole, `partial` being a folder for unfinished ones. Raises `FileExistsError`."""
    unfinished = _written(partial, content)
    try:
        path.hardlink_to(unfinished)
    finally:
        unfinished.unlink()
    _sync(path.parent)


def replace(path: Path, content: bytes) -> None:
    """The file at once and whole, in place of what was there."""
    _written(path.parent, content).replace(path)
    _sync(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone among all processes of this machine that lock the same folder (flock)."""
    file = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _written(folder: Path, content: bytes) -> Path:
    """A new file with this content, on the disk."""
    path = folder / f".{secrets.token_hex(8)}"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(file, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return path


def _sync(folder: Path) -> None:
    """Make names in the folder durable; fsync of a file does not do that (fsync(2))."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
