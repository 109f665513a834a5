"""Bucket policies and public access: what PutBucketPolicy accepts, what counts as public, and what the Public Access Block stops.

Source: S3 user guide, "Blocking public access to your Amazon S3 storage" (its meaning of "public"), "Policies and permissions".
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moto.s3.models import FakeBucket

from shared.sandbox.aws.cloud import Ask, Cloud
from shared.sandbox.aws.conditions import UnknownOperator, holds
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import FORBIDDEN, NOT_FOUND, Refusal
from shared.sandbox.aws.resource_policies import InvalidPrincipal, document, statements
from shared.sandbox.aws.s3_state import access_block, bucket_of, find_bucket

MAX_BYTES = 20 * 1024

#: Condition keys that make a statement for everybody non-public, where their values are fixed (no wildcard).
RESTRICTING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)


def _many(values: object) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values) if isinstance(values, list) else ()


def is_public(policy: Mapping[str, Any]) -> bool:
    """Whether a policy allows something to everybody without a fixed restriction."""
    return any(each.get("Effect") == "Allow" and _for_everybody(each) and not _restricted(each) for each in statements(policy))


def _for_everybody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    return principal == "*" or (isinstance(principal, dict) and "*" in _many(principal.get("AWS")))


def _restricted(statement: Mapping[str, Any]) -> bool:
    for operator, keys in statement.get("Condition", {}).items():
        if "not" in operator.lower() or operator.lower().endswith("ifexists"):
            continue
        if any(key.lower() in RESTRICTING and _fixed(values) for key, values in keys.items()):
            return True
    return False


def _fixed(values: object) -> bool:
    return not any("*" in value or value.endswith("/0") for value in _many(values))


def put_bucket_policy(cloud: Cloud, ask: Ask) -> Reply:
    """PutBucketPolicy: well-formed, about this bucket, for principals that exist, within 20 KB, and not public where blocked."""
    bucket, text = bucket_of(ask), ask.http.body.decode()
    policy = _accepted(bucket, text)
    if is_public(policy) and access_block(bucket)["block_public_policy"]:
        sentence = (
            f"User: {ask.caller.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"arn:aws:s3:::{bucket.name}" because public policies are prevented by the BlockPublicPolicy setting '
            "in S3 Block Public Access."
        )
        raise Refusal("AccessDenied", sentence, FORBIDDEN)
    try:
        cloud.policies.put(f"arn:aws:s3:::{bucket.name}", text)
    except InvalidPrincipal as invalid:
        raise Refusal("MalformedPolicy", "Invalid principal in policy") from invalid
    return replace(ask.answer({}), status=204)


def _accepted(bucket: FakeBucket, text: str) -> Mapping[str, Any]:
    """The policy, if its form is right. Raises Refusal `MalformedPolicy`."""
    try:
        policy = document(text)
    except ValueError as unreadable:
        raise Refusal("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'") from unreadable
    if len(json.dumps(policy, separators=(",", ":"), ensure_ascii=False).encode()) > MAX_BYTES:
        raise Refusal("MalformedPolicy", "Policy exceeds the maximum allowed document size.")
    for statement in statements(policy):
        if flaw := _flaw(bucket, statement):
            raise Refusal("MalformedPolicy", flaw)
    return policy


def _flaw(bucket: FakeBucket, statement: Mapping[str, Any]) -> str:
    for one, other in (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
        if one not in statement and other not in statement:
            return f"Missing required field {one}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        return f"Invalid effect: {statement.get('Effect', '')}"
    arn = f"arn:aws:s3:::{bucket.name}"
    resources = _many(statement.get("Resource", statement.get("NotResource")))
    if not resources or not all(each == arn or each.startswith((f"{arn}/", f"{arn}*")) or each == "*" for each in resources):
        return "Policy has invalid resource"
    if not all(
        each == "*" or each.lower().startswith("s3:") for each in _many(statement.get("Action", statement.get("NotAction")))
    ):
        return "Policy has invalid action"
    try:
        holds(statement.get("Condition", {}), {}, None)
    except UnknownOperator as unknown:
        return f"Invalid Condition type : {unknown}"
    return ""


def _text(cloud: Cloud, bucket: FakeBucket) -> str:
    text = cloud.policies.text(f"arn:aws:s3:::{bucket.name}")
    if not text:
        raise Refusal("NoSuchBucketPolicy", "The bucket policy does not exist", NOT_FOUND)
    return text


def get_bucket_policy(cloud: Cloud, ask: Ask) -> Reply:
    """GetBucketPolicy: as written, with ids for deleted principals."""
    return ask.answer({"Policy": _text(cloud, bucket_of(ask))})


def delete_bucket_policy(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteBucketPolicy."""
    cloud.policies.delete(f"arn:aws:s3:::{bucket_of(ask).name}")
    return replace(ask.answer({}), status=204)


def get_bucket_policy_status(cloud: Cloud, ask: Ask) -> Reply:
    """GetBucketPolicyStatus."""
    public = is_public(document(_text(cloud, bucket_of(ask))))
    return ask.answer({"PolicyStatus": {"IsPublic": public}})


def require_not_restricted(cloud: Cloud, ask: Ask) -> None:
    """RestrictPublicBuckets: under a public policy only the owner's account and AWS services come in. Raises Refusal."""
    bucket = find_bucket(str(ask.params.get("Bucket", "")))
    if bucket is None or ask.caller.principal.account == bucket.account_id or ask.caller.principal.kind == "service":
        return
    text = cloud.policies.text(f"arn:aws:s3:::{bucket.name}")
    if text and access_block(bucket)["restrict_public_buckets"] and is_public(document(text)):
        raise Refusal("AccessDenied", "Access Denied", FORBIDDEN)
