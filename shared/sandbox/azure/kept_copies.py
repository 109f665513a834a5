"""What keeps copies under keys of a customer's: recovery vaults, backup vaults, servers of databases and the keys that they know.

A scene says what is there (`Resources.put`); over the wire it can only be read.
"""

from typing import TYPE_CHECKING

from shared.sandbox.azure import documents
from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud


class KeptCopies:
    """The providers of backups and databases."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        if call.method != "GET":
            raise documents.unsupported(call)
        return documents.read(self._cloud, call)
