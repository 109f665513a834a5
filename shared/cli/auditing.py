"""Commands about custody: init, audit."""

from pathlib import Path
from typing import Annotated

import typer

from shared.domain.errors import BadInput
from shared.settings import load

from . import output
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


def audit(
    case: CaseId,
    json: Json = False,
    open_case: Open = False,
    public_key: KeyFile = None,
    ledger: Folder = None,
    policy: PolicyFile = None,
) -> None:
    """Verify a case's record: every byte, the chain, the signatures, and what witnesses remember."""
    from shared.bootstrap import audited

    found = audited(case, load(policy), open_case=open_case, public_key=_key(public_key), folder=ledger)
    if json:
        output.emit(
            {
                "case": case,
                "ok": found.ok,
                "entries": found.size,
                "head": found.head,
                "findings": [str(f) for f in found.findings],
                "guarantees": [{"what": g.what, "holds": g.holds, "why": g.why} for g in found.guarantees],
            }
        )
    else:
        output.out.print(f"{case}: {found.size} entries, head {found.head}")
        for finding in found.findings:
            output.out.print(f"WRONG {finding}")
        for guarantee in found.guarantees:
            output.out.print(f"{'holds' if guarantee.holds else 'does NOT hold'}: {guarantee.what}: {guarantee.why}")
        output.out.print("the record is intact" if found.ok else "the record is NOT intact")
    raise typer.Exit(0 if found.ok else TAMPERED)


def _key(file: Path | None) -> bytes | None:
    try:
        return file.read_bytes() if file else None
    except OSError as error:
        raise BadInput(f"{file} can not be read: {error.strerror}") from None


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (init, audit):
        app.command()(command)
