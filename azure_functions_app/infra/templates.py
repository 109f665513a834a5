"""Writes the ARM templates.

Usage: python -m azure_functions_app.infra.templates [FOLDER]
"""

import json
import sys
from pathlib import Path

from azure_functions_app.infra import alerts, app, roles

TEMPLATES = {"app.json": app.definition, "roles.json": roles.definition, "alerts.json": alerts.definition}


def main(folder: Path) -> None:
    """Write all of them, and say where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, definition in TEMPLATES.items():
        (folder / name).write_text(json.dumps(definition(), indent=2) + "\n", encoding="utf-8")
        print(folder / name)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build", "azure"))
