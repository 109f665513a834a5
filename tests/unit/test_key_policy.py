"""What of an old key's policy its successor gets."""

import pytest

from shared.adapters.aws.key_plan import cleaned

OLD = "arn:aws:kms:us-east-1:111122223333:key/old"
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
NURSE = "arn:aws:iam::111122223333:role/nurse"
GONE = "AROAEXAMPLEGONE000000"

ALLOW = {"Sid": "Readers", "Effect": "Allow", "Principal": ROOT, "Action": "kms:Decrypt", "Resource": "*"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(ALLOW, ALLOW, id="what says nothing special stays word for word"),
        pytest.param({**ALLOW, "Sid": "Codeblue0badc0de0001"}, None, id="a statement of ours goes"),
        pytest.param(
            {**ALLOW, "Sid": "CodeblueIsGreat!"}, {**ALLOW, "Sid": "CodeblueIsGreat!"}, id="a name that is not ours stays"
        ),
        pytest.param({**ALLOW, "Principal": {"AWS": GONE}}, None, id="a statement for a deleted principal goes"),
        pytest.param({**ALLOW, "Principal": {"AWS": [GONE]}}, None, id="a statement for deleted principals goes"),
        pytest.param(
            {**ALLOW, "Principal": {"AWS": [GONE, NURSE]}},
            {**ALLOW, "Principal": {"AWS": [NURSE]}},
            id="a statement for a deleted and a living principal stays for the living",
        ),
        pytest.param(
            {**ALLOW, "Principal": {"AWS": GONE, "Service": "logs.amazonaws.com"}},
            {**ALLOW, "Principal": {"Service": "logs.amazonaws.com"}},
            id="a service does not lose access because a person has left",
        ),
        pytest.param({**ALLOW, "Principal": "*"}, {**ALLOW, "Principal": "*"}, id="everybody is not a deleted principal"),
        pytest.param({**ALLOW, "Resource": OLD}, ALLOW, id="what is about the old key is about the key that bears it"),
        pytest.param({**ALLOW, "Resource": [OLD]}, ALLOW, id="what is about the old key alone is about the key that bears it"),
    ],
)
def test_a_successor_is_for_the_living(old: dict[str, object], new: dict[str, object] | None) -> None:
    document = {"Version": "2012-10-17", "Statement": [old]}
    assert cleaned(document, OLD) == {"Version": "2012-10-17", "Statement": [new] if new else []}


def test_statements_keep_their_order() -> None:
    others = [{**ALLOW, "Sid": name} for name in ("C", "A", "B")]
    assert cleaned({"Statement": others}, OLD) == {"Statement": others}
