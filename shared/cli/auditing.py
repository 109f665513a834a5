"""Commands about custody: init, audit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.domain.errors import BadInput
from shared.report.lines import of_audit
from shared.settings import load

from . import output
from .desk import Direct, Stack, at
from .options import CaseId, Json, PolicyFile

Open = Annotated[bool, typer.Option("--open", help="The case is still being worked on: no final entry is expected.")]
KeyFile = Annotated[Path | None, typer.Option("--public-key", help="The signing key in PEM, from elsewhere than the ledger.")]
Folder = Annotated[Path | None, typer.Option("--ledger", help="A copy of the ledgers in a folder, instead of custody itself.")]

TAMPERED = 6


def init(json: Json = False, policy: PolicyFile = None) -> None:
    """Create the custody stores: locked bucket, case table, keys. Run it once for each account; again changes nothing."""
    from shared.bootstrap import create_custody

    made = create_custody(load(policy))
    if json:
        output.emit(made)
        return
    for name, value in made.items():
        output.out.print(f"{name}: {value}")


def audit(  # noqa: PLR0913, PLR0917  # what a command is told
    case: CaseId,
    json: Json = False,
    open_case: Open = False,
    public_key: KeyFile = None,
    ledger: Folder = None,
    policy: PolicyFile = None,
    stack: Stack = "",
    direct: Direct = False,
) -> None:
    """Verify a case's record: every byte, the chain, the signatures, and what witnesses remember. A key or copy: always here."""
    from shared.bootstrap import audited

    there = at(stack, direct=direct or bool(public_key or ledger))
    if there:
        found = there.ask("audit", case=case)
    else:
        found = of_audit(case, audited(case, load(policy), open_case=open_case, public_key=_key(public_key), folder=ledger))
    (output.emit if json else _show)(found)
    raise typer.Exit(0 if found["ok"] else TAMPERED)


def _show(found: Mapping[str, Any]) -> None:
    output.out.print(f"{found['case']}: {found['entries']} entries, head {found['head']}")
    for finding in found["findings"]:
        output.out.print(f"WRONG {finding}")
    for each in found["guarantees"]:
        output.out.print(f"{'holds' if each['holds'] else 'does NOT hold'}: {each['what']}: {each['why']}")
    output.out.print("the record is intact" if found["ok"] else "the record is NOT intact")


def _key(file: Path | None) -> bytes | None:
    try:
        return file.read_bytes() if file else None
    except OSError as error:
        raise BadInput(f"{file} can not be read: {error.strerror}") from None


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (init, audit):
        app.command()(command)
