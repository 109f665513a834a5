"""A migration over HTTP while a clinic works in the same bucket, and while its workers die at the wire."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import pytest

from shared.adapters.aws.objects import AwsObjects
from shared.adapters.aws.wire.objects import FastObjects
from shared.domain.resource import Ref
from shared.ports.asking import Ask, Told, Turns
from shared.reencryption.lanes import Lane, Reason
from shared.sandbox.aws.server import REGION, Sandbox
from tests.contract.aws_objects import MIB, Scene, scene
from tests.doubles import Killed, Life

SHIFT = 40
KEYS = tuple(f"ward/{n}" for n in range(6))


def clinic(made: Scene, quiet: Event, written: dict[str, bytes | None]) -> None:
    """Writes, some of it with the old key's header still, and deletes, until it has done its work or is told to be quiet."""
    for n in range(SHIFT):
        key, content = KEYS[n % len(KEYS)], f"note {n}".encode()
        if n % 5 == 4:
            made.s3.delete_object(Bucket="charts", Key=key)
            written[key] = None
        else:
            made.s3.put_object(Bucket="charts", Key=key, Body=content, **(made.under_old if n % 3 else {}))
            written[key] = content
        if quiet.wait(0.02):
            return


@pytest.mark.parametrize("status", ["Enabled", ""], ids=["with versions", "without"])
def test_a_clinic_at_work_loses_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    """Where it is updated in place; `test_rewritten` has the rows for copies."""
    made = scene(sandbox, monkeypatch, page=4)
    if status:
        made.versioning(status)
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": made.new}}
    made.s3.put_bucket_encryption(Bucket="charts", ServerSideEncryptionConfiguration={"Rules": [default]})
    written: dict[str, bytes | None] = {key: key.encode() for key in KEYS}
    for key in KEYS:
        made.put(key, key.encode())
    quiet = Event()
    nurse = Thread(target=clinic, args=(made, quiet, written))
    nurse.start()
    made.migrate()
    quiet.set()
    nurse.join()
    assert made.migrate().finished
    assert made.verify().done
    assert {key: read(made, key) for key in KEYS} == written


def read(made: Scene, key: str) -> bytes | None:
    with suppress(made.s3.exceptions.NoSuchKey):
        return made.content(key)
    return None


def close_updates(made: Scene) -> None:
    canary = made.plan.canary
    assert canary
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:UpdateObjectEncryption"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**deny, "Resource": f"{canary.store.id}/*"}]})
    made.s3.put_bucket_policy(Bucket=canary.store.name, Policy=text)


SAMPLED = (14, 21)
EVERY = tuple(n for n in range(1, 50) if n not in SAMPLED)


@pytest.mark.parametrize("event", ["before-call.s3", "after-call.s3"], ids=["before it is sent", "after it has its effect"])
@pytest.mark.parametrize(
    "last", [*SAMPLED, *(pytest.param(n, marks=pytest.mark.soak) for n in EVERY)], ids=lambda n: f"at call {n}"
)
def test_a_worker_may_die_at_the_wire(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, last: int, event: str) -> None:
    made = scene(sandbox, monkeypatch, objects=AwsObjects)
    close_updates(made)
    made.put("scan", b"x" * (5 * MIB + 1), Metadata={"ward": "7"})
    made.put("jane", b"phi", Tagging="tenant=a")
    client = made.objects._clients.s3(made.plan.store.account, REGION)
    dying = _dying(Life(last))
    client.meta.events.register(event, dying)
    with suppress(Killed):
        made.migrate(width=1, copy_limit=5 * MIB, part=5 * MIB)
    client.meta.events.unregister(event, dying)
    result = made.migrate(width=1, copy_limit=5 * MIB, part=5 * MIB)
    assert (result.finished, result.moved) == (True, {Lane.MULTIPART: 1, Lane.COPY: 1})
    assert result.nothing == {Reason.SUCCESSOR: 2}
    assert _parts_left(made) == 0
    assert (made.content("jane"), len(made.content("scan"))) == (b"phi", 5 * MIB + 1)
    proof = made.verify()
    assert (proof.done, proof.compared, proof.keys) == (True, 2, {made.new: 2})


def _dying(life: Life) -> Callable[..., None]:
    def dying(**_: object) -> None:
        life.step()

    return dying


class Mortal(FastObjects):
    """Lives for so many answers, of which it hears all but the last."""

    life = Life(0)

    def together(self, store: Ref, turns: Turns) -> None:
        super().together(store, Overheard(turns, self.life))


@dataclass(frozen=True)
class Overheard:
    """Turns of a worker who may die before an answer is heard, with others under way."""

    turns: Turns
    life: Life

    def take(self, room: int) -> Sequence[tuple[int, Ask]]:
        return self.turns.take(room)

    def told(self, number: int, told: Told) -> None:
        self.life.step()
        self.turns.told(number, told)

    def wait(self) -> float | None:
        return self.turns.wait()


@pytest.mark.parametrize("updates", [True, False], ids=["updating", "copying"])
@pytest.mark.parametrize("last", [3, 8, 14])
def test_a_worker_may_die_with_many_calls_under_way(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, last: int, updates: bool
) -> None:
    made = scene(sandbox, monkeypatch, objects=Mortal)
    if not updates:
        close_updates(made)
    for key in KEYS:
        made.put(key, key.encode(), Tagging="tenant=a")
    monkeypatch.setattr(Mortal, "life", Life(last))
    with pytest.raises(Killed):
        made.migrate()
    monkeypatch.setattr(Mortal, "life", Life(1000))
    result = made.migrate()
    assert (result.finished, result.moved) == (True, {Lane.UPDATE if updates else Lane.COPY: len(KEYS)})
    proof = made.verify()
    assert (proof.done, proof.compared, proof.keys) == (True, len(KEYS), {made.new: len(KEYS)})
    assert {key: read(made, key) for key in KEYS} == {key: key.encode() for key in KEYS}


def _parts_left(made: Scene) -> int:
    """Parts of uploads that nobody will finish; an upload whose worker died before it could say so has none."""
    uploads: list[dict[str, Any]] = made.s3.list_multipart_uploads(Bucket="charts").get("Uploads", [])
    named = [{"Bucket": "charts", "Key": upload["Key"], "UploadId": upload["UploadId"]} for upload in uploads]
    return sum(len(made.s3.list_parts(**each).get("Parts", [])) for each in named)


def test_whoever_overwrites_a_scan_between_its_parts_is_right(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene(sandbox, monkeypatch)
    close_updates(made)
    made.put("scan", b"old" * (2 * MIB))
    writes = iter([b"new"])
    client = made.objects._clients.s3(made.plan.store.account, REGION)

    def overwrite(**_: object) -> None:
        for content in writes:
            made.put("scan", content)

    client.meta.events.register("before-call.s3.CompleteMultipartUpload", overwrite)
    result = made.migrate(copy_limit=5 * MIB, part=5 * MIB)
    assert (result.finished, made.content("scan")) == (True, b"new")
    assert made.verify().keys == {made.new: 1}
