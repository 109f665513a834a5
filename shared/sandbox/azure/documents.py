"""Resources that are only kept: put, patched by merging (RFC 7396), read, listed, deleted. Providers add their rules to this."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud


def merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A document after a JSON merge patch."""
    after = dict(before)
    for name, value in patch.items():
        if isinstance(value, Mapping):
            held = after.get(name)
            after[name] = merged(held if isinstance(held, Mapping) else {}, value)
        elif value is None:
            after.pop(name, None)
        else:
            after[name] = value
    return after


def write(cloud: "Cloud", call: ArmCall) -> dict[str, Any]:
    """Put or patch; the whole resource as it is then."""
    before = cloud.resources.get(call.resource_id) if call.method == "PATCH" else {}
    whole = merged(before, call.body)
    properties = {**(whole.pop("properties", None) or {}), "provisioningState": "Succeeded"}
    return cloud.resources.put(call.resource_id, {**_without_names(whole), "properties": properties}, call.type)


def read(cloud: "Cloud", call: ArmCall) -> Answer:
    """One resource, or all of its type at the scope."""
    if call.listing:
        above = call.resource_id if call.pairs else call.scope
        return Answer.of(200, {"value": cloud.resources.under(above, call.type)})
    return Answer.of(200, cloud.resources.get(call.resource_id))


def delete(cloud: "Cloud", call: ArmCall) -> Answer:
    """Forget it; deleting what is not there is no error."""
    return Answer(200 if cloud.resources.drop(call.resource_id) else 204)


def unsupported(call: ArmCall) -> Problem:
    """No such operation at this resource type."""
    return Problem(405, "MethodNotAllowed", f"The HTTP method '{call.method}' is not supported at '{call.type}'.")


def _without_names(whole: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name not in ("id", "name", "type")}
