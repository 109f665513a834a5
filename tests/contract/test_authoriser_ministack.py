"""The authoriser beside ministack with `AUTH=true`: the same scene through the same clients has to end the same.

Where ministack is known to know less, the row stands in `KNOWN_GAPS` with what it answers; a gap it closes fails the test.
Its answers count for users and role sessions only: its root user passes everything.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.sandbox.aws.server import Sandbox
from tests.contract.authoriser_scenes import (
    ROWS,
    Scene,
    bucket_policy_denies,
    encrypted_object_of_a_closed_key,
    grant_opens_the_key,
    key_policy_denies,
    trust_names_the_user,
    variables,
)
from tests.contract.second_opinion import ACCOUNT, Credential, Stage, ministack

# What ministack answers where it is known to enforce less than the services do.
KNOWN_GAPS: dict[Scene, tuple[str, ...]] = {
    variables: ("refused", "refused"),  # no policy variables
    trust_names_the_user: ("refused",),  # asks for an identity policy besides a trust that names the user itself
    bucket_policy_denies: ("ok", "ok"),  # aws:PrincipalArn of a session is the session's ARN, not its role's
    key_policy_denies: ("ok", "ok"),  # the same
    grant_opens_the_key: ("refused",),  # grants are not consulted
    encrypted_object_of_a_closed_key: ("ok",),  # S3 does not ask KMS for the caller
}


@pytest.fixture(scope="session")
def second(ministack_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack(ministack_python, tmp_path_factory.mktemp("ministack")) as endpoint:
        yield endpoint


@pytest.mark.parametrize(("scene", "expected"), ROWS, ids=[scene.__name__.replace("_", " ") for scene, _ in ROWS])
def test_the_sandbox_ends_a_scene_as_documented(sandbox: Sandbox, scene: Scene, expected: tuple[str, ...]) -> None:
    caller = sandbox.cloud.principals.root(ACCOUNT)
    assert scene(Stage(sandbox.endpoint_url, Credential(caller.access_key_id, caller.secret))) == expected


@pytest.mark.ministack
@pytest.mark.parametrize(("scene", "expected"), ROWS, ids=[scene.__name__.replace("_", " ") for scene, _ in ROWS])
def test_the_second_emulator_agrees_except_for_known_gaps(second: str, scene: Scene, expected: tuple[str, ...]) -> None:
    answer = scene(Stage(second, Credential(ACCOUNT, "any")))
    assert answer == KNOWN_GAPS.get(scene, expected)
