"""The rules that no other tool knows: what tracked files may name, how long they are, what README and Makefile promise.

Usage: house.py [ROOT]
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST = 300
PYTHON = {".py", ".pyi"}
BINARY = {".png", ".gz", ".zip", ".der", ".parquet", ".ico"}

FORBIDDEN = {
    "a registry's host": re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.org|npmjs\.com|crates\.io|proxy\.golang\.org|debian\.org"),
    "a path of one machine": re.compile(r"/(?:root|work|home/\w+|opt/\w+)/|/Users/\w+/"),
}


def tracked(root: Path) -> list[Path]:
    """Return the files that git knows and the disk has."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [path for name in listing.split("\0") if name and (path := root / name).is_file()]


def named(path: Path) -> Iterator[str]:
    """Yield what a file names that no file of the project may name."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for what, pattern in FORBIDDEN.items():
            if pattern.search(line):
                yield f":{number}: names {what}"


def too_long(path: Path) -> Iterator[str]:
    """Yield a complaint where a Python file is longer than people like to read."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if path.suffix in PYTHON and lines > LONGEST:
        yield f": {lines} lines, more than {LONGEST}"


def promises(root: Path) -> Iterator[str]:
    """Yield each way in which README and Makefile disagree."""
    makefile, readme = root / "Makefile", root / "README.md"
    if not readme.is_file():
        yield "README.md is missing"
        return
    targets = set(re.findall(r"^([a-z]+):.*## ", makefile.read_text(), re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile.read_text(), re.MULTILINE)[0].split())
    mentioned = set(re.findall(r"\bmake ([a-z]+)`|^\s*make ([a-z]+)", readme.read_text(), re.MULTILINE))
    spoken = {first or second for first, second in mentioned}
    yield from (f"Makefile: {target} is phony but not explained" for target in sorted(phony - targets))
    yield from (f"README.md: there is no `make {target}`" for target in sorted(spoken - targets))
    yield from (f"README.md: does not mention `make {target}`" for target in ("setup", "test", "check") if target not in spoken)


def complaints(root: Path) -> Iterator[str]:
    """Yield every broken rule, as `file:line: what`."""
    for path in tracked(root):
        if path.suffix not in BINARY:
            yield from (f"{path.relative_to(root)}{broken}" for broken in (*named(path), *too_long(path)))
    yield from promises(root)


def main(root: Path) -> int:
    """Print what is broken; exit 1 if anything is."""
    broken = list(complaints(root))
    print("\n".join(broken) or "house: in order")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent))
