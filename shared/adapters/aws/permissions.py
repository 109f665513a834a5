"""Everything that the responder may do on AWS: what the adapters declare beside the code that calls it, and no more.

The rights that custody needs reach custody's own places by the names of convention. What moves stored data stands in a policy of
its own: without it the responder reads no patient's data, and with it no key opens anything but what S3 hands out.
"""

import json
from collections.abc import Collection

from shared.adapters.aws import (
    access,
    canaries,
    capacity,
    cases,
    custody_places,
    directory,
    evidence,
    identities,
    job_names,
    jobs,
    keyring,
    lambda_functions,
    links,
    map_runs,
    notifier,
    objects,
    signer,
    sinks,
    sources,
    stored_secrets,
    traffic,
    trail_files,
    windows,
)
from shared.adapters.aws.clients import SPOKE
from shared.adapters.aws.world import FACETS, RELATIONS

type Statement = dict[str, object]


def declared() -> frozenset[str]:
    """Every IAM action for looking at and changing any resource; what custody needs is in `custody`."""
    return looking().union(*(facet.writes for facet in FACETS.values()))


def looking() -> frozenset[str]:
    """Every IAM action for looking, paging included; none of them changes anything that is protected."""
    return frozenset().union(
        *(facet.reads for facet in FACETS.values()),
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
        canaries.PERMISSIONS,
        traffic.PERMISSIONS,
    )


CUSTODY_KEYS: Statement = {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/codeblue-custody*"}}


def custody() -> tuple[Statement, ...]:
    """The statements for custody's buckets, table and keys, and for our own role in other accounts."""
    return (
        allow(sinks.ACTIONS, "arn:aws:s3:::codeblue-custody-*"),
        allow(
            cases.ACTIONS | windows.ACTIONS | links.ACTIONS | _of("dynamodb", keyring.ACTIONS),
            "arn:aws:dynamodb:*:*:table/codeblue-*",
        ),
        {**allow(signer.ACTIONS | _of("kms", keyring.ACTIONS), "*"), "Condition": CUSTODY_KEYS},
        allow(frozenset({"sts:AssumeRole"}), f"arn:aws:iam::*:role/{SPOKE}"),
    )


def through_services() -> Statement:
    """The keys that services use on our behalf when a secret or a function is told to use another one, and no other way.

    Secrets Manager then decrypts and encrypts the secret (user guide, "Permissions for the KMS key"), Lambda the environment
    (developer guide, "Securing environment variables"). What they hold can not be read with this.
    """
    services = {"StringLike": {"kms:ViaService": ["lambda.*.amazonaws.com", "secretsmanager.*.amazonaws.com"]}}
    return {**allow(stored_secrets.KEY_USE | lambda_functions.KEY_USE, "*"), "Condition": services}


def migration() -> tuple[Statement, ...]:
    """The statements for moving what is stored: versions of every store, their keys through S3 alone, counts to plan by, and jobs.

    A job's role is handed to S3 Batch Operations and to nobody else.
    """
    keys = _of("kms", objects.ACTIONS)
    passed = {"StringEquals": {"iam:PassedToService": job_names.SERVICE}}
    return (
        allow((objects.ACTIONS - keys) | capacity.PERMISSIONS | jobs.ACTIONS, "*"),
        through("s3", keys),
        {**allow({"iam:PassRole"}, f"arn:aws:iam::*:role/{job_names.ROLE}"), "Condition": passed},
    )


def runs(partition: str = "aws", region: str = "*", account: str = "*") -> tuple[Statement, ...]:
    """The statements for having workers run beside each other at home: their machine, its executions and Map Runs, their files."""
    machine, states = map_runs.MACHINE, f"arn:{partition}:states:{region}:{account}"
    return (
        allow(map_runs.MACHINES, f"{states}:stateMachine:{machine}"),
        allow(map_runs.EXECUTIONS, f"{states}:execution:{machine}:*"),
        allow(map_runs.MAP_RUNS, f"{states}:mapRun:{machine}/*:*"),
        allow(map_runs.FILES, f"arn:{partition}:s3:::{canaries.bucket_of(account, region)}/{map_runs.PLACE}/*"),
    )


def tasks(home: str) -> tuple[Statement, ...]:
    """The statements of the jobs' role: updates of any version, keys through S3 alone, and reports to the responder's account.

    Whoever may hand on the role and order a job could order a copy. The refusals hold where a bucket's own policy lets the role in.
    """
    keys, reports = _of("kms", jobs.TASKS), frozenset({"s3:PutObject"})
    place = f"arn:aws:s3:::{canaries.bucket_of(home, '*')}/{job_names.PLACE}/${{aws:PrincipalAccount}}/*"
    abroad = {"StringNotEquals": {"aws:ResourceAccount": home}}
    copies = {"Null": {"s3:x-amz-copy-source": "false"}}
    return (
        allow(jobs.TASKS - keys - reports, "*"),
        through("s3", keys),
        allow(reports, place),
        deny(jobs.READS, "*"),
        {**deny(reports, "*"), "Condition": abroad},
        {**deny(reports, "*"), "Condition": copies},
    )


def evidence_files() -> tuple[Statement, ...]:
    """The statements for reading the files of trails, in the place where trails keep them, and the keys that these are under.

    CloudTrail names the trail in the encryption context of its files (user guide, "Granting decrypt permissions").
    """
    place = {"StringLike": {"s3:prefix": ["AWSLogs/*", "*/AWSLogs/*"]}}
    of_trails = {
        "StringLike": {"kms:ViaService": "s3.*.amazonaws.com"},
        "Null": {"kms:EncryptionContext:aws:cloudtrail:arn": "false"},
    }
    return (
        {**allow(trail_files.LISTS, "*"), "Condition": place},
        allow(trail_files.READS, "arn:aws:s3:::*/AWSLogs/*"),
        {**allow(frozenset({"kms:Decrypt"}), "*"), "Condition": of_trails},
    )


def responder_policies() -> dict[str, str]:
    """The responder's permissions as managed policies (JSON), by name; IAM's quota is 6,144 characters each.

    A responder that only fences goes without the second; one that may not read the log of requests, without the third.
    """
    return {
        "codeblue-respond": document(allow(declared(), "*"), through_services(), *custody()),
        "codeblue-migrate": document(*migration(), *runs()),
        "codeblue-evidence": document(*evidence_files()),
    }


def through(service: str, actions: Collection[str]) -> Statement:
    """These actions on any key, where this service asks on our behalf and no other way."""
    return {**allow(actions, "*"), "Condition": {"StringLike": {"kms:ViaService": f"{service}.*.amazonaws.com"}}}


def document(*statements: Statement) -> str:
    """An IAM policy of these statements (JSON)."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _of(service: str, actions: frozenset[str]) -> frozenset[str]:
    return frozenset(action for action in actions if action.startswith(f"{service}:"))


def allow(actions: Collection[str], resource: str) -> Statement:
    """Allow these actions on this resource."""
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": resource}


def deny(actions: Collection[str], resource: str) -> Statement:
    """Deny these actions on this resource, whatever else allows them."""
    return {**allow(actions, resource), "Effect": "Deny"}
