"""Microsoft.EventGrid: who is told of what happens to a resource. Subscriptions are kept and listed; nothing is delivered here."""

from typing import TYPE_CHECKING

from shared.sandbox.azure import documents
from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

KIND = "eventsubscriptions"


class EventGrid:
    """Event subscriptions of a resource (REST API, Event Subscriptions - Create Or Update, List By Resource)."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        if call.kinds != KIND:
            raise documents.unsupported(call)
        self._cloud.resources.get(call.scope)
        if call.method in ("GET", "HEAD"):
            return documents.read(self._cloud, call)
        if call.method == "DELETE":
            return documents.delete(self._cloud, call)
        return Answer.of(201, documents.write(self._cloud, call))
