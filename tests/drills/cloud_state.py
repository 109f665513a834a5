"""What a fence leaves behind in the clinic's cloud, in a form that two runs can be compared by."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from shared.sandbox.aws import scenario_names as names
from tests.drills.respond_scene import Scene

UNIQUE_ID = re.compile(r"A(ROA|IDA)[A-Z0-9]{12,}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"]*")


def policies_of(scene: Scene) -> dict[str, Any]:
    """Every policy and setting that a fence may touch, by what it is; times and unique ids, which differ, are masked."""
    iam, s3, control = (scene.client(name) for name in ("iam", "s3", "s3control"))
    key, point = scene.described["resources"]["key"], {"AccountId": names.ACCOUNT, "Name": names.ACCESS_POINT}
    found: dict[str, Any] = {
        "point": _document("Policy", control.get_access_point_policy, **point),
        "block": _document("PublicAccessBlockConfiguration", s3.get_public_access_block, Bucket=names.CHARTS),
        "keys": sorted(
            (each["AccessKeyId"], each["Status"]) for each in iam.list_access_keys(UserName=names.EXPORT_USER)["AccessKeyMetadata"]
        ),
    }
    for bucket in (names.CHARTS, names.LABS, names.AUDIT_LOG):
        found[bucket] = _document("Policy", s3.get_bucket_policy, Bucket=bucket)
    for region in (names.REGION, names.SECOND_REGION):
        kms, replica = scene.client("kms", region=region), key.replace(names.REGION, region)
        found[f"key in {region}"] = _document("Policy", kms.get_key_policy, KeyId=replica)
    found |= _inline(iam, "user", names.EXPORT_USER)
    for role in (names.APP_ROLE, names.BATCH_ROLE, names.PIPELINE):
        found |= _inline(iam, "role", role)
    return found


def _inline(iam: Any, kind: str, name: str) -> dict[str, Any]:  # noqa: ANN401  # a boto3 client
    asked = {f"{kind.capitalize()}Name": name}
    listed = getattr(iam, f"list_{kind}_policies")(**asked)["PolicyNames"]
    get = getattr(iam, f"get_{kind}_policy")
    return {f"{name}: {policy}": _document("PolicyDocument", get, **asked, PolicyName=policy) for policy in listed}


def _document(name: str, read: Callable[..., Any], **asked: str) -> Any:  # noqa: ANN401  # JSON
    """A policy as data, its lists in a fixed order; the error code where there is none."""
    try:
        found = read(**asked)[name]
    except ClientError as error:
        return error.response["Error"]["Code"]
    text = found if isinstance(found, str) else json.dumps(found)
    return _in_order(json.loads(UNIQUE_ID.sub("<id>", TIME.sub("<time>", text))))


def _in_order(thing: Any) -> Any:  # noqa: ANN401  # JSON
    """The same with every list sorted: in a policy no list's order means anything."""
    if isinstance(thing, dict):
        return {name: _in_order(value) for name, value in thing.items()}
    return sorted(map(_in_order, thing), key=lambda one: json.dumps(one, sort_keys=True)) if isinstance(thing, list) else thing


def kept(scene: Scene) -> Iterator[bytes]:
    """Every byte that custody holds: both buckets with every version, and the table."""
    places = scene.described["custody"]
    for bucket, region in ((places["bucket"], names.REGION), (places["second_bucket"], places["second_region"])):
        s3 = scene.client("s3", region=region)
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", ()):
            yield version["Key"].encode()
            yield s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
    for item in scene.client("dynamodb").scan(TableName=places["table"])["Items"]:
        yield repr(item).encode()
