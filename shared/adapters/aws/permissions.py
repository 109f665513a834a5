"""Everything that the responder may do on AWS: what the adapters declare beside the code that calls it, and no more.

The rights that custody needs reach custody's own places by the names of convention: the responder reads no patient's data.
"""

import json

from shared.adapters.aws import (
    access,
    cases,
    custody_places,
    directory,
    evidence,
    identities,
    keyring,
    lambda_functions,
    notifier,
    signer,
    sinks,
    sources,
    stored_secrets,
)
from shared.adapters.aws.clients import SPOKE
from shared.adapters.aws.world import FACETS, RELATIONS

type Statement = dict[str, object]


def declared() -> frozenset[str]:
    """Every IAM action for looking at and changing any resource; what custody needs is in `custody`."""
    return frozenset().union(
        *(facet.reads | facet.writes for facet in FACETS.values()),
        *(relation.reads for relation in RELATIONS.values()),
        access.PERMISSIONS,
        directory.RESOLVE,
        directory.MADE_SINCE,
        directory.GIVEN_SINCE,
        evidence.PERMISSIONS,
        sources.PERMISSIONS,
        identities.PERMISSIONS,
        notifier.PERMISSIONS,
        custody_places.PERMISSIONS,
    )


CUSTODY_KEYS: Statement = {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/codeblue-custody*"}}


def custody() -> tuple[Statement, ...]:
    """The statements for custody's buckets, table and keys, and for our own role in other accounts."""
    return (
        _allow(sinks.ACTIONS, "arn:aws:s3:::codeblue-custody-*"),
        _allow(cases.ACTIONS | _of("dynamodb", keyring.ACTIONS), "arn:aws:dynamodb:*:*:table/codeblue-*"),
        {**_allow(signer.ACTIONS | _of("kms", keyring.ACTIONS), "*"), "Condition": CUSTODY_KEYS},
        _allow(frozenset({"sts:AssumeRole"}), f"arn:aws:iam::*:role/{SPOKE}"),
    )


def through_services() -> Statement:
    """The keys that services use on our behalf when a secret or a function is told to use another one, and no other way.

    Secrets Manager then decrypts and encrypts the secret (user guide, "Permissions for the KMS key"), Lambda the environment
    (developer guide, "Securing environment variables"). What they hold can not be read with this.
    """
    services = {"StringLike": {"kms:ViaService": ["lambda.*.amazonaws.com", "secretsmanager.*.amazonaws.com"]}}
    return {**_allow(stored_secrets.KEY_USE | lambda_functions.KEY_USE, "*"), "Condition": services}


def responder_policy() -> str:
    """The responder's permissions as one managed policy (JSON; IAM's quota is 6,144 characters)."""
    statements = [_allow(declared(), "*"), through_services(), *custody()]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _of(service: str, actions: frozenset[str]) -> frozenset[str]:
    return frozenset(action for action in actions if action.startswith(f"{service}:"))


def _allow(actions: frozenset[str], resource: str) -> Statement:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": resource}
