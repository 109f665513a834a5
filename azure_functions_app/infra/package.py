"""The function app's code as one zip, the same bytes wherever it is made; its packages are installed from the lock on Azure.

Usage: python -m azure_functions_app.infra.package RESPONSE_TOML [ZIP]
"""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from azure_functions_app.infra.apart import apart, kept
from shared.domain.errors import BadInput
from shared.settings import load

ROOT = Path(__file__).parents[2]
APP = ROOT / "azure_functions_app"

AT_THE_TOP = ("function_app.py", "host.json", "requirements.txt")
"""What the host looks for in the app's own folder."""

LEFT_OUT = ("shared/sandbox", "shared/drill", "shared/cli", "azure_functions_app/infra")
"""What no function imports."""

FIRST_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: the earliest that a zip can say."""


def contents(policy: Path) -> Iterator[tuple[str, Path]]:
    """What goes into the zip, by its name there, in order.

    Raises `BadInput` for a policy that is not understood, and as `kept` and `apart`.
    """
    said = load(policy)
    kept(said)
    apart(said)
    top = {name: APP / name for name in AT_THE_TOP} | {"response.toml": policy}
    code = {
        path.relative_to(ROOT).as_posix(): path for folder in ("azure_functions_app", "shared") for path in _files(ROOT / folder)
    }
    yield from sorted((top | code).items())


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        name = path.relative_to(ROOT).as_posix()
        ours = path.is_file() and "__pycache__" not in path.parts and not name.startswith(tuple(f"{left}/" for left in LEFT_OUT))
        if ours and path not in {APP / top for top in AT_THE_TOP}:
            yield path


def write(policy: Path, zipped: Path) -> int:
    """Make the zip; its size in bytes."""
    zipped.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(zipped, "w") as out:
        for name, path in contents(policy):
            entry = zipfile.ZipInfo(name, FIRST_TIME)
            entry.external_attr = 0o100644 << 16
            out.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return zipped.stat().st_size


def main(policy: Path, zipped: Path) -> None:
    """Make the zip and say where it is."""
    size = write(policy, zipped)
    print(f"{zipped}: {size / 1024 / 1024:.1f} MB")  # noqa: T201


if __name__ == "__main__":
    if len(sys.argv) < 2:  # noqa: PLR2004
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "build" / "azure" / "codeblue.zip")  # noqa: PLR2004
    except BadInput as why:
        sys.exit(str(why))
