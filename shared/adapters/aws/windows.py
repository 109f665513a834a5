"""The `Memory` port in a DynamoDB table of its own: what one worker has counted, every worker knows.

Rows `(id, item)`: a counter's entries under its name, ordered by time of event; the rest one row each. Names are hashed, for they
can be anybody's. A row expires when nobody can ask for it any more (`expires`, the table's TTL attribute); DynamoDB removes it
within days of that, so what has expired counts as gone. Nothing here is evidence.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.domain.errors import CloudError
from shared.ports import Clock
from shared.triage.windows import fullest

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

    type Row = Mapping[str, AttributeValueTypeDef]

ACTIONS = frozenset({"dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"})
"""What taking in alerts needs on the table, exactly."""

KEPT = timedelta(days=8)
"""How long a row is kept beyond the window that it was written for: a late log file is still counted."""

REFUSED = "ConditionalCheckFailedException"

BATCH = 25
"""Rows that one BatchWriteItem takes."""

ONE = "-"
"""The range key of what has one row only."""


class DynamoMemory:
    """Counters, ids that were seen, who made what. `clock` decides what has expired."""

    def __init__(self, clients: Clients, table: str, clock: Clock, region: str = "", account: str = "") -> None:
        self._clients, self._table, self._clock, self._region, self._account = clients, table, clock, region, account

    def seen(self, fact_id: str) -> bool:
        """One conditional write: of two workers with the same fact, one is the first. Raises `CloudError`, as all here."""
        row = self._row(_named("seen", fact_id), ONE, KEPT)
        try:
            call(
                self._dynamodb.put_item,
                TableName=self._table,
                Item=row,
                ConditionExpression="attribute_not_exists(id) OR expires < :now",
                ExpressionAttributeValues={":now": {"N": str(self._now())}},
            )
        except CloudError as error:
            if error.code != REFUSED:
                raise
            return True
        return False

    def most(self, counter: str, at: float, within: float, item: str, enough: int) -> int:
        name = _named("count", counter)
        self._put(self._row(name, f"{_time(at)}#{_hash(item)}", KEPT + timedelta(seconds=2 * within)))
        found = [(_seconds(key), key.partition("#")[2]) for key in self._between(name, at - within, at + within)]
        return fullest(found, _seconds(_time(at)), within, enough)

    def fired(self, counter: str, at: float, within: float) -> bool:
        return next(self._between(_named("fired", counter), at - within, at + within), None) is not None

    def fire(self, counter: str, at: float) -> None:
        self._put(self._row(_named("fired", counter), f"{_time(at)}#", KEPT))

    def made(self, who: str, names: Iterable[str]) -> None:
        rows = [{"PutRequest": {"Item": self._row(_named("made", who, name), ONE, KEPT)}} for name in dict.fromkeys(names)]
        for start in range(0, len(rows), BATCH):
            left: Mapping[str, Any] = {self._table: rows[start : start + BATCH]}
            while left:
                left = call(self._dynamodb.batch_write_item, RequestItems=left)["UnprocessedItems"]

    def made_by(self, who: str, name: str) -> bool:
        key: Row = {"id": {"S": _named("made", who, name)}, "item": {"S": ONE}}
        row = call(self._dynamodb.get_item, TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        return bool(row) and self._lives(row)

    def _between(self, name: str, start: float, end: float) -> Iterator[str]:
        """The range keys of these times, in order."""
        found = pages(
            self._dynamodb.get_paginator("query"),
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="id = :id AND #item BETWEEN :start AND :end",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues={":id": {"S": name}, ":start": {"S": _time(start)}, ":end": {"S": f"{_time(end)}~"}},
        )
        return (row["item"]["S"] for page in found for row in page["Items"] if self._lives(row))

    def _row(self, name: str, item: str, kept: timedelta) -> dict[str, "AttributeValueTypeDef"]:
        expires = self._now() + int(kept.total_seconds())
        return {"id": {"S": name}, "item": {"S": item}, "expires": {"N": str(expires)}}

    def _put(self, row: "Row") -> None:
        call(self._dynamodb.put_item, TableName=self._table, Item=row)

    def _lives(self, row: "Row") -> bool:
        return int(row["expires"]["N"]) >= self._now()

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self._clients.dynamodb(self._account, self._region)


ZERO = 10**21
"""Microseconds that are added to every time, so that those before 1970 sort too: no source says a time beyond."""


def _time(at: float) -> str:
    """Microseconds, always of one length, so that text compares as time does."""
    return f"{max(0, round(at * 1_000_000) + ZERO):022d}"


def _seconds(key: str) -> float:
    return (int(key.partition("#")[0]) - ZERO) / 1_000_000


def _named(kind: str, *names: str) -> str:
    return f"{kind}#{_hash('\0'.join(names))}"


def _hash(name: str) -> str:
    return sha256(name.encode(errors="replace")).hexdigest()[:32]
