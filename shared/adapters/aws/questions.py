"""Where the workflow waits for a person: the task token of each case's open question, beside the case in the same table.

A token only wakes the workflow up. What was decided stands in the case, before the token is used.
"""

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call

ACTIONS = frozenset({"dynamodb:GetItem", "dynamodb:PutItem"})


class Questions:
    """Rows `token#<case>` of the table of cases; a later question takes the place of the earlier one. Raises `CloudError`."""

    def __init__(self, clients: Clients, table: str, region: str = "") -> None:
        self._dynamodb, self._table = clients.dynamodb("", region), table

    def keep(self, case_id: str, token: str) -> None:
        """The workflow of this case waits with this token from now on."""
        call(self._dynamodb.put_item, TableName=self._table, Item={"id": {"S": _id(case_id)}, "token": {"S": token}})

    def token(self, case_id: str) -> str:
        """The newest token of the case, perhaps used already; empty where it never waited."""
        key = {"id": {"S": _id(case_id)}}
        row = call(self._dynamodb.get_item, TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        return row["token"]["S"] if row else ""


def _id(case_id: str) -> str:
    return f"token#{case_id}"
