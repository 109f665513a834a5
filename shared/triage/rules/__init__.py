"""The rule table: one file a danger, one table a rule, in the form in which `response.toml` adds its own.

The order does not matter: of all rules that hold, those that act go before those that watch.
"""

import tomllib
from importlib.resources import files

from shared.triage.rule import Rule

FILES = (
    "keys",
    "exposure",
    "theft",
    "ransom",
    "backups",
    "access",
    "log_in",
    "secrets",
    "defence",
    "noise",
    "findings",
    "sources",
    "azure",
    "entra",
)
"""The files beside this one, in the order in which they are documented."""


def rules_in(name: str) -> tuple[Rule, ...]:
    """The rules of one file."""
    text = files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tuple(Rule.model_validate(row) for row in tomllib.loads(text)["rules"])


RULES: tuple[Rule, ...] = tuple(rule for name in FILES for rule in rules_in(name))
"""Every rule that comes with the program."""
