"""`codeblue rehearse`: a real deed of an actor of our own in a live account, answered by the deployed responder, measured."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from shared.domain.errors import BadInput
from shared.settings import load
from shared.workflow import rehearsing

from . import output
from .options import Json, PolicyFile

FAILED = 3

Account = Annotated[str, typer.Option("--account", help="The account it is to happen in: that of your own credentials.")]
Limit = Annotated[float, typer.Option("--limit", min=0, max=3600, help="Seconds to wait for the response.")]
Sure = Annotated[bool, typer.Option("--yes", help="Do what the plan says, without asking.")]

Clear = Annotated[bool, typer.Option("--clear", help="Only take away what rehearsals left whose cases have ended.")]
Rights = Annotated[
    bool,
    typer.Option(
        "--rights",
        help="Only print the IAM policy it takes besides reading cases. Who has it can make a role that may do anything.",
    ),
]


def rehearsal(
    account: Account,
    json: Json = False,
    policy: PolicyFile = None,
    limit: Limit = 900,
    yes: Sure = False,
    clear: Clear = False,
    rights: Rights = False,
) -> None:
    """Break into a bucket of our own as a role of our own, and measure how the deployed responder answers. Removes both."""
    from shared.adapters.aws.arns import partition_of
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.permissions import document
    from shared.adapters.aws.rehearsal import Scenery
    from shared.adapters.aws.rehearsal_rights import permissions
    from shared.bootstrap.rehearsals import looking

    rules, clients = load(policy), Clients()
    if account != clients.home:
        raise BadInput(f"these are credentials of account {clients.home}, not of {account}: a rehearsal enters no other account")
    if rights:
        output.out.print(document(*permissions(partition_of(clients.region), account)))
        return
    working = looking(rules)
    scenery = Scenery(clients, working.clock, datetime.now(UTC))
    if clear:
        raise typer.Exit(_cleared(rehearsing.clear(scenery, working), json=json))
    _agreed(scenery.named, account, json=json, yes=yes)
    found = rehearsing.rehearse(scenery, working, limit)
    output.emit(asdict(found)) if json else _told(found)
    raise typer.Exit(FAILED if found.wrong else 0)


def _agreed(made: tuple[str, ...], account: str, *, json: bool, yes: bool) -> None:
    """Show what will be, and ask. Raises `BadInput` where nobody can be asked, `typer.Abort` where somebody says no."""
    if yes:
        return
    if json:
        raise BadInput("a rehearsal is not begun unasked: add --yes to --json")
    output.out.print(f"In account {account} this makes:")
    for each in made:
        output.out.print(f"  {each}")
    output.out.print(
        "The role then stops the bucket's versioning. The responder opens a case, fences role and bucket, pages people as on any"
        "\nnight, and protects the account's audit logs and backup vaults: that stays until `codeblue rollback CASE`."
        "\nThe role goes at the end, the bucket when its case has ended: by the next run, or `codeblue rehearse --clear`."
        "\nThe key stays for the next run."
    )
    typer.confirm("Rehearse?", abort=True)


def _cleared(left: tuple[str, ...], *, json: bool) -> int:
    if json:
        output.emit({"left": left})
    else:
        output.out.print("\n".join(left) or "Nothing is left but what open cases look after.")
    return FAILED if left else 0


def _told(found: rehearsing.Rehearsed) -> None:
    for what, seconds in (("case opened", found.opened), ("fenced", found.fenced), ("actor refused", found.refused)):
        output.out.print(f"{what}: {'NOT' if seconds is None else f'{seconds:.0f} s after the deed'}")
    for each in found.kept:
        output.out.print(f"protected meanwhile: {each}")
    for each in found.wrong:
        output.out.print(f"WRONG: {each}")
    if found.case:
        output.out.print(
            f"case {found.case} stays as a case does. `codeblue rollback {found.case}` takes the protection back, but for what"
            f"\nnames the role alone; `codeblue release {found.case} TARGET` takes that back too."
        )


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="rehearse")(rehearsal)
