"""Writes the ARM templates, for an app in this subscription.

Usage: python -m azure_functions_app.infra.templates RESPONSE_TOML SUBSCRIPTION [FOLDER]
"""

import json
import re
import sys
from pathlib import Path

from azure_functions_app.infra import alerts, app, roles
from azure_functions_app.infra.apart import apart, kept
from shared.domain.errors import BadInput
from shared.settings import load

TEMPLATES = {
    "app.json": app.definition,
    "custody.json": roles.custody,
    "roles.json": roles.definition,
    "alerts.json": alerts.definition,
}
ID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def main(policy: Path, home: str, folder: Path) -> None:
    """Write all of them, and say where they are. Raises as `kept` and `apart`."""
    if not re.fullmatch(ID, home):
        raise BadInput(f"{home} is no id of a subscription")
    said = load(policy)
    kept(said)
    apart(said, home)
    more = {"rewrite.json": roles.rewriting} if said.migration.data_keys == "new" else {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, definition in (TEMPLATES | more).items():
        (folder / name).write_text(json.dumps(definition(), indent=2) + "\n", encoding="utf-8")
        print(folder / name)  # noqa: T201


if __name__ == "__main__":
    if len(sys.argv) < 3:  # noqa: PLR2004
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]) if len(sys.argv) > 3 else Path("build", "azure"))  # noqa: PLR2004
    except BadInput as why:
        sys.exit(str(why))
