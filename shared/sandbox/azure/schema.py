"""Request bodies held against the services' own description: the models that their SDKs were generated from.

An unknown property, one that only the service writes, and a value that is none of an enumeration are refused, as ARM refuses them.
Both generations of generated models are read: typed fields, and attribute maps with dotted names.
"""

import enum
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Problem

_AUTHORIZATION = "azure.mgmt.authorization.v2022_04_01.models"
_PIM = "azure.mgmt.authorization.v2020_10_01.models"
_STORAGE = "azure.mgmt.storage.models"
_VAULT = "azure.mgmt.keyvault.models"
_COMPUTE = "azure.mgmt.compute.models"
_NETWORK = "azure.mgmt.network.models"

MODELS: Mapping[str, tuple[str, str]] = {
    "PUT microsoft.authorization/roleassignments": (_AUTHORIZATION, "RoleAssignmentCreateParameters"),
    "PUT microsoft.authorization/roledefinitions": (_AUTHORIZATION, "RoleDefinition"),
    "PUT microsoft.authorization/roleassignmentschedulerequests": (_PIM, "RoleAssignmentScheduleRequest"),
    "PUT microsoft.authorization/roleeligibilityschedulerequests": (_PIM, "RoleEligibilityScheduleRequest"),
    "PUT microsoft.compute/diskencryptionsets": (_COMPUTE, "DiskEncryptionSet"),
    "PATCH microsoft.compute/diskencryptionsets": (_COMPUTE, "DiskEncryptionSetUpdate"),
    "PUT microsoft.compute/disks": (_COMPUTE, "Disk"),
    "PATCH microsoft.compute/disks": (_COMPUTE, "DiskUpdate"),
    "POST microsoft.compute/disks/begingetaccess": (_COMPUTE, "GrantAccessData"),
    "PUT microsoft.compute/snapshots": (_COMPUTE, "Snapshot"),
    "PATCH microsoft.compute/snapshots": (_COMPUTE, "SnapshotUpdate"),
    "POST microsoft.compute/snapshots/begingetaccess": (_COMPUTE, "GrantAccessData"),
    "PUT microsoft.keyvault/vaults": (_VAULT, "VaultCreateOrUpdateParameters"),
    "PATCH microsoft.keyvault/vaults": (_VAULT, "VaultPatchParameters"),
    "PUT microsoft.keyvault/vaults/accesspolicies": (_VAULT, "VaultAccessPolicyParameters"),
    "PUT microsoft.network/privateendpoints": (_NETWORK, "PrivateEndpoint"),
    "PUT microsoft.network/virtualnetworks": (_NETWORK, "VirtualNetwork"),
    "PUT microsoft.network/virtualnetworks/subnets": (_NETWORK, "Subnet"),
    "PUT microsoft.storage/storageaccounts": (_STORAGE, "StorageAccountCreateParameters"),
    "PATCH microsoft.storage/storageaccounts": (_STORAGE, "StorageAccountUpdateParameters"),
    "POST microsoft.storage/storageaccounts/regeneratekey": (_STORAGE, "StorageAccountRegenerateKeyParameters"),
    "PUT microsoft.storage/storageaccounts/blobservices": (_STORAGE, "BlobServiceProperties"),
    "PUT microsoft.storage/storageaccounts/blobservices/containers": (_STORAGE, "BlobContainer"),
    "PATCH microsoft.storage/storageaccounts/blobservices/containers": (_STORAGE, "BlobContainer"),
    "PUT microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies": (_STORAGE, "ImmutabilityPolicy"),
    "POST microsoft.storage/storageaccounts/blobservices/containers/setlegalhold": (_STORAGE, "LegalHold"),
    "POST microsoft.storage/storageaccounts/blobservices/containers/clearlegalhold": (_STORAGE, "LegalHold"),
    "PUT microsoft.storage/storageaccounts/encryptionscopes": (_STORAGE, "EncryptionScope"),
    "PATCH microsoft.storage/storageaccounts/encryptionscopes": (_STORAGE, "EncryptionScope"),
    "PUT microsoft.storage/storageaccounts/localusers": (_STORAGE, "LocalUser"),
    "PUT microsoft.storage/storageaccounts/managementpolicies": (_STORAGE, "ManagementPolicy"),
    "PUT microsoft.storage/storageaccounts/objectreplicationpolicies": (_STORAGE, "ObjectReplicationPolicy"),
    "PUT microsoft.storage/storageaccounts/privateendpointconnections": (_STORAGE, "PrivateEndpointConnection"),
}
"""The model of a request body, by method and resource type in lower case (a POST has its action at the end)."""


_OWN = ("id", "name", "type")
"""What a resource that was read may carry back; the service takes the path's word."""


def require(call: ArmCall) -> None:
    """Raises Problem 400 where the body of a call is not what its operation takes."""
    tail = f"/{call.tail.lower()}" if call.method == "POST" and call.tail else ""
    named = MODELS.get(f"{call.method} {call.type.lower()}{tail}")
    if named is None:
        return
    module, name = named
    body = {key: value for key, value in call.body.items() if key not in _OWN}
    for path, what in complaints(getattr(import_module(module), name), body):
        text = f"The request content was invalid and could not be deserialized: '{path}' of '{name}': {what}."
        raise Problem(400, "InvalidRequestContent", text)


def complaints(model: type, body: object, path: str = "") -> Iterator[tuple[str, str]]:
    """What of a body its model does not allow: (dotted path, why)."""
    if not isinstance(body, Mapping):
        yield path or ".", "an object is expected"
        return
    known = _fields(model)
    for name, value in body.items():
        where = f"{path}.{name}" if path else name
        if name not in known:
            yield where, "unknown property"
        elif known[name] is None:
            yield where, "the property is read-only"
        elif value is not None:
            yield from _of(known[name], value, where)


def _of(kind: Any, value: object, where: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any annotation
    if isinstance(kind, dict):
        yield from _of_tree(kind, value, where)
        return
    kinds = [one for one in typing.get_args(kind) if one is not type(None)] if typing.get_origin(kind) is typing.Union else [kind]
    found = [list(_of_one(one, value, where)) for one in kinds]
    if found and all(found):
        yield from min(found, key=len)
    elif enums := [one for one in kinds if isinstance(one, type) and issubclass(one, enum.Enum)]:
        allowed = [str(member.value) for one in enums for member in one]
        if str(value).lower() not in [one.lower() for one in allowed]:
            yield where, f"'{value}' is none of {', '.join(allowed)}"


def _of_tree(tree: Mapping[str, Any], value: object, where: str) -> Iterator[tuple[str, str]]:
    """Below a dotted name of an attribute map."""
    if not isinstance(value, Mapping):
        yield where, "an object is expected"
        return
    for name, below in value.items():
        if name not in tree:
            yield f"{where}.{name}", "unknown property"
        elif tree[name] is None:
            yield f"{where}.{name}", "the property is read-only"
        elif below is not None:
            yield from _of(tree[name], below, f"{where}.{name}")


def _of_one(kind: Any, value: object, where: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any annotation
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (list, typing.List):  # noqa: UP006 - how the generated code has it
        if not isinstance(value, list):
            yield where, "a list is expected"
            return
        for number, one in enumerate(value):
            yield from _of(inner[0], one, f"{where}[{number}]")
    elif origin in (dict, typing.Dict):  # noqa: UP006 - the same
        for name, one in value.items() if isinstance(value, Mapping) else ():
            yield from _of(inner[1], one, f"{where}.{name}")
    elif isinstance(kind, type) and _is_model(kind):
        yield from complaints(kind, value, where)
    elif kind in (bool, int) and not (isinstance(value, kind) and (kind is bool) == isinstance(value, bool)):
        yield where, f"{kind.__name__} is expected"


def _is_model(kind: type) -> bool:
    return hasattr(kind, "_attribute_map") or any(type(one).__name__ == "_RestField" for one in vars(kind).values())


@cache
def _fields(model: type) -> dict[str, Any]:
    """The annotation of each property by its wire name; None for what only the service writes."""
    mapped = getattr(model, "_attribute_map", None)
    return _mapped(model, mapped) if mapped is not None else _typed(model)


def _typed(model: Any) -> dict[str, Any]:  # noqa: ANN401 - a generated class
    model.__new__(model)  # names on the wire are worked out at the first instance
    found: dict[str, Any] = {}
    for base in reversed([base for base in model.__mro__ if _is_model(base)]):
        hints = _hints(base)
        for name, held in vars(base).items():
            if type(held).__name__ == "_RestField":
                visible = held._visibility  # noqa: SLF001 - the generated code has no public way to ask
                found[held._rest_name_input or name] = None if visible == ["read"] else hints.get(name, Any)  # noqa: SLF001
    return found


def _hints(model: type) -> dict[str, Any]:
    package = import_module(model.__module__.rpartition(".")[0])
    try:
        return typing.get_type_hints(model, localns={"_models": package})
    except NameError:
        return {}


def _mapped(model: Any, mapped: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:  # noqa: ANN401 - a generated class
    package = import_module(model.__module__.rpartition(".")[0])
    found: dict[str, Any] = {}
    for name, wire in mapped.items():
        *steps, last = wire["key"].split(".")
        place = found
        for step in steps:
            place = place.setdefault(step, {})
        readonly = model._validation.get(name, {}).get("readonly")  # noqa: SLF001 - the same
        place[last] = None if readonly else _wire_type(package, wire["type"])
    return found


def _wire_type(package: Any, text: str) -> Any:  # noqa: ANN401 - any annotation
    """The annotation that a name of an attribute map stands for: `[Permission]`, `{str}`, `bool`."""
    simple = {"bool": bool, "int": int}
    if text.startswith("["):
        return list[_wire_type(package, text[1:-1])]  # type: ignore[misc]  # built at run time
    if text.startswith("{"):
        return dict[str, _wire_type(package, text[1:-1])]  # type: ignore[misc]  # the same
    return simple.get(text) or getattr(package, text, Any)
