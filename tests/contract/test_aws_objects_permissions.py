"""A migration declares exactly the IAM actions that it lives by."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from shared.adapters.aws.objects import ACTIONS, COPIES, LOOKS, UPDATES
from shared.domain.errors import CloudError
from shared.reencryption.lanes import Lane
from shared.reencryption.manifest import Manifest
from shared.sandbox.aws.server import Sandbox
from tests.contract.aws_objects import MIB, Scene, scene
from tests.unit.reencryption import NamingJournal

NOT_SEEN_HERE = {
    "s3:GetBucketOwnershipControls": "where it may not be read, each object's ACL is: `test_aws_objects` has the rows",
    "s3:GetObjectAnnotation": "CopyObject carries annotations along by itself; the sandbox has none",
    "s3:GetObjectLegalHold": "HeadObject tells a legal hold only to those who have it; the sandbox tells everybody",
    "s3:GetObjectRetention": "HeadObject tells retention only to those who have it; the sandbox tells everybody",
    "s3:PutObjectAnnotation": "the same",
    "s3:GetObjectTagging": "CopyObject needs it where there are tags; the sandbox does not ask for it",
}
"""Action, and why no test here can miss it (S3 API reference: HeadObject, CopyObject)."""


@dataclass(frozen=True)
class Play:
    """One estate, migrated and proved again and again with other permissions."""

    scene: Scene
    sandbox: Sandbox
    updates: bool

    def with_permissions(self, actions: frozenset[str]) -> object:
        """Everything that can be told of a migration and its proof by a responder who may do these actions only."""
        statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sandbox.root().client("iam").put_user_policy(UserName="responder", PolicyName="only", PolicyDocument=document)
        journal = NamingJournal()
        self._stage(journal)
        fresh = Scene(self.scene.s3, self.scene.objects, self.scene.plan, journal, self.scene.other)
        try:
            result = fresh.migrate(copy_limit=5 * MIB, part=5 * MIB)
            proof = fresh.verify()
        except CloudError as error:
            return error.code
        return (result.finished, result.moved, result.blocked, result.failed, result.lost, proof.done, proof.compared)

    def _stage(self, journal: NamingJournal) -> None:
        """Charts under the old key, and an upload that a dead worker left behind."""
        self.scene.put("jane", b"phi", Tagging="tenant=a")
        if not self.updates:
            self.scene.put("scan", b"x" * (5 * MIB + 1), Tagging="tenant=a")
        begun = self.scene.s3.create_multipart_upload(Bucket="charts", Key="scan")["UploadId"]
        Manifest(self.scene.plan, journal).uploading("scan", "", begun)


@pytest.fixture(scope="module", params=[True, False], ids=["updating", "copying"])
def play(request: pytest.FixtureRequest, running_sandbox: Sandbox) -> Iterator[Play]:
    running_sandbox.cloud.reset()
    with pytest.MonkeyPatch.context() as patch:
        made = scene(running_sandbox, patch, "none:None")
        if not request.param:
            canary = made.plan.canary
            assert canary
            deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:UpdateObjectEncryption"}
            text = json.dumps({"Version": "2012-10-17", "Statement": [{**deny, "Resource": f"{canary.store.id}/*"}]})
            made.s3.put_bucket_policy(Bucket=canary.store.name, Policy=text)
            made.owned_by("ObjectWriter")
        yield Play(made, running_sandbox, request.param)


def test_what_is_declared_is_enough_and_none_of_it_in_vain(play: Play) -> None:
    lane = UPDATES if play.updates else COPIES
    needed = LOOKS | lane | {"s3:AbortMultipartUpload"}
    whole = play.with_permissions(ACTIONS)
    moved = {Lane.UPDATE: 1} if play.updates else {Lane.COPY: 1, Lane.MULTIPART: 1}
    assert whole == (True, moved, {}, {}, 0, True, len(moved))
    assert play.with_permissions(needed) == whole
    for action in sorted(needed - NOT_SEEN_HERE.keys()):
        assert play.with_permissions(ACTIONS - {action}) != whole, action


def test_nothing_that_is_declared_deletes_or_lifts_a_lock() -> None:
    assert [action for action in ACTIONS if "Delete" in action or action.startswith(("s3:PutObjectRe", "s3:Bypass"))] == []
