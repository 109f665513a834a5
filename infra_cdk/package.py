"""The functions' code as one zip, made from the lock without Docker: the same bytes wherever it is made.

Usage: python -m infra_cdk.package [ZIP]
"""

import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements" / "runtime.txt"
OUR_OWN = ("functions", "shared")

PLATFORM = "x86_64-manylinux_2_28"
"""Amazon Linux 2023, on which Lambda's Python 3.13 runs, has glibc 2.34."""

LARGEST = 50 * 1024 * 1024
"""Bytes of a zip that is handed to Lambda directly (Lambda quotas)."""

WHEN = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: the earliest that a zip can say."""

LEFT_OUT = (
    "__pycache__/*",
    "bin/*",
    "*.dist-info/RECORD",
    "*.dist-info/direct_url.json",
    "*.dist-info/REQUESTED",
    "*.dist-info/INSTALLER",
    ".lock",
    "shared/sandbox/*",
    "shared/drill/*",
    "shared/cli/*",
    "shared/adapters/azure/*",
)
"""What no function imports, and what says when and where it was installed."""

NOT_NEEDED = ("rich", "typer", "pygments", "markdown_it", "markdown_it_py", "mdurl", "shellingham", "click")
"""Packages of the lock that only the command line uses."""


def install(folder: Path) -> None:
    """Put everything that the lock pins into the folder, wheels alone, by hash."""
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder), "--require-hashes", "--no-deps"]
    target = ["--python-version", "3.13", "--python-platform", PLATFORM, "--only-binary", ":all:", "--link-mode", "copy"]
    subprocess.run([*uv, *target, "--requirement", str(LOCK)], check=True)  # noqa: S603  # our own interpreter, our own lock


def contents(installed: Path) -> Iterator[tuple[str, Path]]:
    """What goes into the zip, by its name there, in order."""
    theirs = ((path.relative_to(installed).as_posix(), path) for path in installed.rglob("*"))
    ours = ((path.relative_to(ROOT).as_posix(), path) for folder in OUR_OWN for path in (ROOT / folder).rglob("*"))
    yield from sorted((name, path) for name, path in (*theirs, *ours) if path.is_file() and _needed(name))


def _needed(name: str) -> bool:
    """Whether a function may import it."""
    top = name.partition("/")[0].partition("-")[0].removesuffix(".py")
    path = Path("/", name)
    return (
        top not in NOT_NEEDED
        and "__pycache__" not in path.parts
        and not any(path.full_match(f"/{glob}") or _below(name, glob) for glob in LEFT_OUT)
    )


def _below(name: str, glob: str) -> bool:
    """Whether it lies anywhere in the folder that a glob ending in `/*` names."""
    return glob.endswith("/*") and name.startswith(glob.removesuffix("*"))


def write(zipped: Path, files: Iterator[tuple[str, Path]]) -> int:
    """The size of the zip of these files, in bytes: no times, no owners, one mode for all."""
    zipped.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name, path in files:
            entry = zipfile.ZipInfo(name, WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix: the mode counts
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            out.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return zipped.stat().st_size


def main(zipped: Path) -> int:
    """Make the zip and print its size; exit 1 where Lambda would not take it."""
    with TemporaryDirectory(prefix="codeblue-package-") as folder:
        install(Path(folder))
        size = write(zipped, contents(Path(folder)))
    print(f"{zipped}: {size / 1024 / 1024:.1f} MB of at most {LARGEST / 1024 / 1024:.0f}")  # noqa: T201
    return int(size > LARGEST)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "lambda" / "codeblue.zip"))
