"""What lives on after the fence is said so, for as long as it does and no longer."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.cli import output
from shared.cli.output import short
from tests.unit.action_rows_doors import STORE


def summary(*ends: timedelta) -> dict[str, object]:
    changes = [
        {"target": STORE.id, "facet": "sign-in", "action": "disable-sign-in", "status": "applied", "reason": ""}
        | {"dead_by": (datetime.now(UTC) + end).isoformat()}
        for end in ends
    ]
    waves = [{"name": "fence", "status": "done", "seconds": 0.1, "digest": "d", "changes": changes}]
    return {
        "case": "cb-1",
        "status": "contained",
        "waves": waves,
        "seconds_to_fence": None,
        "left_for_people": [],
        "ledger": "",
        "versions": {"total": 0, "updated": 0, "copied": 0, "multipart": 0, "blocked": []},
    }


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((timedelta(minutes=90), timedelta(0)), "nothing new is given to the actor"),
        ((timedelta(minutes=-1),), "the actor is refused"),
        ((), "the actor is refused"),
    ],
    ids=["a token lives", "it is dead by now", "nothing is said to live"],
)
def test_nobody_is_said_to_be_refused_before_it_is_so(
    ends: tuple[timedelta, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output.show(summary(*ends))
    shown = capsys.readouterr().out
    assert words in shown
    assert ("can work until" in shown) == ("new" in words)


def test_a_resource_of_azure_is_called_by_its_last_name() -> None:
    assert short(STORE.id) == "storageaccounts/charts"
