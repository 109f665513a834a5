"""The lasting denies and the end of a key, as the embedded AWS obeys them: who is refused from then on, and who is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from shared.containment.action import Situation
from shared.containment.actions import ACTIONS
from shared.containment.observed import Need, Observed
from shared.domain.case import Mode, Scope, Succession
from shared.domain.facet import EncryptedWith, KeyState
from shared.domain.resource import Ref
from shared.sandbox.aws.server import ACCOUNT
from tests.contract.aws_stores import Stage, staged
from tests.contract.sandbox_scenes import assume, refused, role, user

NOTHING_OF_KMS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}

WHEN = datetime(2026, 11, 21, 3, tzinfo=UTC)


@dataclass
class Settled:
    """A store that is held to its new key, and the old key left to whoever needs it still."""

    stage: Stage
    store: Ref
    old: Ref
    new: Ref
    somebody: boto3.Session
    needing: boto3.Session
    restoring: boto3.Session

    def situation(self, observed: Observed) -> Situation:
        scope = Scope(stores=(self.store,), keys=(self.old,), successors=(Succession(old=self.old, new=self.new),))
        return Situation(
            case="c",
            scope=scope,
            world=self.stage.world,
            now=WHEN,
            since=WHEN,
            exempt=frozenset({"AROARESPONDER"}),
            accounts=frozenset({ACCOUNT}),
            one_way=Mode.ASK,
            observed=observed,
        )

    def do(self, observed: Observed, *names: str) -> None:
        """Make what these actions propose so."""
        seen = self.situation(observed)
        for name in names:
            target = self.old if "key" in name else self.store
            changes = list(ACTIONS[name].propose(ACTIONS[name], target, seen))
            assert changes
            self.stage.world.write(target, [change.after for change in changes])


@pytest.fixture(scope="module")
def settled() -> Iterator[Settled]:
    with staged() as stage:
        store, old, new = stage.bucket(), stage.key(), stage.key()
        stage.world.write(store, [EncryptedWith(key=new.id, bucket_key=True)])
        somebody, needing = user(stage.sandbox, "somebody"), user(stage.sandbox, "needing")
        restore = role(stage.sandbox, "restore", policy=NOTHING_OF_KMS)
        made = Settled(stage, store, old, new, somebody, needing, assume(stage.sandbox, somebody, restore))
        made.do(
            Observed(
                forms={store: frozenset()},
                needs={old: (Need("used it", user=f"arn:aws:iam::{ACCOUNT}:user/needing"),)},
                restore=(restore,),
                tls_floor="1.2",
            ),
            "require-encryption",
            "require-tls",
            "retire-key",
        )
        yield made


def kms(key: Ref) -> dict[str, str]:
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key.id}


WRITES = ["bare", "of S3's own", "under the old key", "under the new key"]


@pytest.mark.parametrize("how", WRITES)
def test_a_write_is_taken_under_the_new_key_alone(settled: Settled, how: str) -> None:
    said: dict[str, Any] = {
        "bare": {},
        "of S3's own": {"ServerSideEncryption": "AES256"},
        "under the old key": kms(settled.old),
        "under the new key": kms(settled.new),
    }[how]
    s3: Any = settled.needing.client("s3")
    if how == "under the new key":
        s3.put_object(Bucket=settled.store.name, Key="a", Body=b"x", **said)
        return
    code, _ = refused(s3.put_object, Bucket=settled.store.name, Key="a", Body=b"x", **said)
    assert code == "AccessDenied"


def test_a_request_in_clear_is_refused(settled: Settled) -> None:
    plain: Any = settled.somebody.client("s3", endpoint_url=settled.stage.sandbox.plaintext_url)
    assert refused(plain.list_objects_v2, Bucket=settled.store.name)[0] == "AccessDenied"
    settled.somebody.client("s3").list_objects_v2(Bucket=settled.store.name)


def cipher(settled: Settled) -> bytes:
    made: bytes = settled.stage.client("kms").encrypt(KeyId=settled.old.id, Plaintext=b"x")["CiphertextBlob"]
    return made


def test_the_old_key_opens_for_whoever_restores_and_whoever_needs_it_and_for_nobody_else(settled: Settled) -> None:
    content = cipher(settled)  # by the account's root, who keeps the key
    for session in (settled.needing, settled.restoring):
        assert session.client("kms").decrypt(CiphertextBlob=content, KeyId=settled.old.id)["Plaintext"] == b"x"
    code, _ = refused(settled.somebody.client("kms").decrypt, CiphertextBlob=content, KeyId=settled.old.id)
    assert code == "AccessDeniedException"


def test_whoever_restores_encrypts_nothing_with_it(settled: Settled) -> None:
    code, _ = refused(settled.restoring.client("kms").encrypt, KeyId=settled.old.id, Plaintext=b"x")
    assert code == "AccessDeniedException"


def test_who_keeps_the_key_can_give_it_back(settled: Settled) -> None:
    settled.somebody.client("kms").describe_key(KeyId=settled.old.id)
    settled.somebody.client("kms").get_key_policy(KeyId=settled.old.id)


def test_a_disabled_key_opens_for_nobody_and_is_enabled_again(settled: Settled) -> None:
    content = cipher(settled)
    settled.do(Observed(needs={settled.old: ()}), "disable-key")
    code, _ = refused(settled.needing.client("kms").decrypt, CiphertextBlob=content, KeyId=settled.old.id)
    assert code == "DisabledException"
    settled.stage.world.write(settled.old, [KeyState(enabled=True, deletion_pending=False)])
    settled.needing.client("kms").decrypt(CiphertextBlob=content, KeyId=settled.old.id)
