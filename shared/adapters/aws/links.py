"""Links that open the page of a case, once: rows `link#<SHA-256 of the token>` beside what triage has counted.

A link only opens: whoever follows it signs in, and decides as themselves. Who reads the table, or the log of it, has no token.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_places import table_of
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, CloudError
from shared.ports import Clock
from shared.settings import Policy

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

ACTIONS = frozenset({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"})
"""What making and using links needs on the table, exactly."""

REFUSED = "ConditionalCheckFailedException"

TOKEN_BYTES = 32
"""Random bytes of a token: nobody guesses 256 bits."""

GONE = "the link was used by somebody who signed in, or its time is over"


class Links:
    """Links of one table; `lasts`: how long each opens, at most. Every method raises `CloudError`."""

    def __init__(self, clients: Clients, table: str, clock: Clock, lasts: timedelta) -> None:
        self._clients, self._table, self._clock, self._lasts = clients, table, clock, lasts

    def made(self, case_id: str) -> str:
        """The token of a new link to the page of this case."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires = self._now() + int(self._lasts.total_seconds())
        row = {**_key(token), "case": {"S": case_id}, "expires": {"N": str(expires)}}
        call(self._dynamodb.put_item, TableName=self._table, Item=row)
        return token

    def opens(self, token: str) -> str:
        """The case that the link would open; it stays as it is, for what fetches links is often no person. Raises `Absent`."""
        row = call(self._dynamodb.get_item, TableName=self._table, Key=_key(token), ConsistentRead=True).get("Item", {})
        if not row or "used" in row or int(row["expires"]["N"]) <= self._now():
            raise Absent(GONE)
        return row["case"]["S"]

    def use(self, token: str, sign_in: str) -> str:
        """The case that the link opens now and never again; `sign_in` may ask twice, for its first answer may get lost.

        Raises `Absent`.
        """
        try:
            row = call(
                self._dynamodb.update_item,
                TableName=self._table,
                Key=_key(token),
                UpdateExpression="SET #used = :by",
                ConditionExpression="expires > :now AND (attribute_not_exists(#used) OR #used = :by)",
                ExpressionAttributeNames={"#used": "used"},
                ExpressionAttributeValues={":by": {"S": _hash(sign_in)}, ":now": {"N": str(self._now())}},
                ReturnValues="ALL_NEW",
            )
        except CloudError as error:
            if error.code != REFUSED:
                raise
            raise Absent(GONE) from None
        return row["Attributes"]["case"]["S"]

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self._clients.dynamodb("", "")


def links(clients: Clients, policy: Policy, clock: Clock) -> Links:
    """The links of this deployment: each opens for as long as a question stays open, at most."""
    return Links(clients, table_of(policy.custody.table), clock, policy.approval.expires)


def _key(token: str) -> Mapping[str, "AttributeValueTypeDef"]:
    return {"id": {"S": f"link#{_hash(token)}"}, "item": {"S": "-"}}


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
