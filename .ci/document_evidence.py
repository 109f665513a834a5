"""Write docs/evidence.schema.json: the form of `evidence` in case.json, as the code has it.

Usage: document_evidence.py
"""

import json
from pathlib import Path

from shared.report.facts import Pack

PAGE = Path(__file__).parent.parent / "docs" / "evidence.schema.json"


def page() -> str:
    """The JSON Schema (2020-12) of an evidence pack, without the words of the code."""
    return json.dumps(_plain(Pack.model_json_schema(mode="serialization")), indent=1, sort_keys=True) + "\n"


def _plain(content: object) -> object:
    """The content without descriptions; a property may well be called one."""
    if isinstance(content, list):
        return [_plain(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {name: _plain(each) for name, each in content.items() if name != "description" or isinstance(each, dict)}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
