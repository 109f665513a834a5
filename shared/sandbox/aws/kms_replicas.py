"""Multi-Region keys: replicas share key material and id, and have policy, grants, aliases and state of their own.

Source: KMS developer guide, "Multi-Region keys in AWS KMS"; KMS API reference, ReplicateKey, UpdatePrimaryRegion.
"""

from copy import copy
from typing import Any
from uuid import uuid4

from moto.core.utils import unix_time
from moto.kms.models import Key

from shared.sandbox.aws import keys
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.key_policies import accept
from shared.sandbox.aws.refusals import Refusal


def is_replica(key: Key) -> bool:
    """Whether a multi-Region key is a replica of a primary elsewhere."""
    return bool(key.multi_region and key.multi_region_configuration["MultiRegionKeyType"] == "REPLICA")


def rename(key: Key) -> None:
    """Give a new multi-Region key an id as KMS makes them, `mrk-` and 32 digits: moto's own is too long for its ciphertexts."""
    made = keys.backend(key.account_id, key.region)
    del made.keys[key.id]
    old, key.id = key.id, f"mrk-{uuid4().hex}"
    key.arn = key.arn.replace(old, key.id)
    made.keys[key.id] = key
    made.tagger.copy_tags(old, key.id)
    _reorganise(key.arn, [key])


def replicate_key(cloud: Cloud, ask: Ask) -> Reply:
    """ReplicateKey: from the primary, once per Region; the replica has the given policy or the default one."""
    key, region, params = keys.require(ask.account, ask.region, ask.params["KeyId"]), ask.params["ReplicaRegion"], ask.params
    if not key.multi_region or is_replica(key):
        raise Refusal("UnsupportedOperationException", f"{key.arn} is not a multi-Region primary key.")
    elsewhere = keys.backend(ask.account, region)
    if key.id in elsewhere.keys:
        raise Refusal("AlreadyExistsException", f"{elsewhere.keys[key.id].arn} already exists.")
    text = params.get("Policy")
    replica = _replica_of(key, region, params.get("Description", key.description))
    if text:
        accept(cloud, ask, replica.arn, text, bypass=params.get("BypassPolicyLockoutSafetyCheck", False))
    elsewhere.keys[key.id] = replica
    elsewhere.tagger.tag_resource(key.id, params.get("Tags", []))
    if text:
        cloud.policies.put(replica.arn, text)
    _reorganise(key.arn, family(key))
    answer: dict[str, Any] = {"ReplicaKeyMetadata": metadata(replica), "ReplicaPolicy": text or replica.generate_default_policy()}
    return ask.answer(answer | {"ReplicaTags": params.get("Tags", [])})


def metadata(key: Key) -> dict[str, Any]:
    """A key's metadata in the API's form, without what it has not."""
    return {name: value for name, value in key.to_dict()["KeyMetadata"].items() if value is not None}


def _replica_of(key: Key, region: str, description: str) -> Key:
    """A replica: the same material under the same id. What is a replica's own is made anew."""
    replica = copy(key)
    replica.region, replica.arn = region, key.arn.replace(f":{key.region}:", f":{region}:")
    replica.grants, replica.aliases, replica.rotations = {}, {}, []
    replica.description, replica.creation_date = description, unix_time()
    replica.enabled, replica.key_state, replica.deletion_date = True, "Enabled", None
    return replica


def family(key: Key) -> list[Key]:
    """The primary and all replicas, in every Region."""
    regions = list(keys.regions(key.account_id))
    return [found for region in regions if (found := keys.backend(key.account_id, region).keys.get(key.id))]


def _reorganise(primary_arn: str, members: list[Key]) -> None:
    """Tell every member who is primary."""
    places = [{"Arn": member.arn, "Region": member.region} for member in members]
    primary = next(place for place in places if place["Arn"] == primary_arn)
    for member in members:
        member.multi_region_configuration = {
            "MultiRegionKeyType": "PRIMARY" if member.arn == primary_arn else "REPLICA",
            "PrimaryKey": primary,
            "ReplicaKeys": [place for place in places if place is not primary],
        }


def update_primary_region(_: Cloud, ask: Ask) -> Reply:
    """UpdatePrimaryRegion: the replica of another Region becomes the primary."""
    key, region = keys.require(ask.account, ask.region, ask.params["KeyId"]), ask.params["PrimaryRegion"]
    if not key.multi_region or is_replica(key):
        raise Refusal("UnsupportedOperationException", f"{key.arn} is not a multi-Region primary key.")
    successor = keys.backend(ask.account, region).keys.get(key.id)
    if successor is None:
        raise Refusal("NotFoundException", f"No replica of {key.arn} in {region}")
    _reorganise(successor.arn, family(key))
    return ask.answer({})


RULES: dict[str, Rule] = {"ReplicateKey": replicate_key, "UpdatePrimaryRegion": update_primary_region}
