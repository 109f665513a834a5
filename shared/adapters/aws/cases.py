"""Cases in a DynamoDB table: one row a case, every change of it one conditional write.

The rules are those of `shared.custody.leases`, said as condition expressions: the table, and no worker, decides who was first.
A write whose answer was lost is repeated by the SDK; so a refused save counts as done where the row holds exactly that save.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.custody.leases import LEASE, Stop, written
from shared.domain.case import Case
from shared.domain.errors import Absent, CloudError, LeaseLost
from shared.ports import Clock, Lease

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

    type Row = Mapping[str, AttributeValueTypeDef]

ACTIONS = frozenset(f"dynamodb:{name}" for name in ("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Scan", "UpdateItem"))
"""What the recorder needs on the table, exactly."""

BATCH = 25
"""Rows that one BatchWriteItem takes."""

READ_BATCH = 100
"""Rows that one BatchGetItem gives."""

REFUSED = "ConditionalCheckFailedException"

HOLDS = "#owner = :owner AND #token = :token"
FREE = "attribute_exists(id) AND (attribute_not_exists(#until) OR #until <= :now OR #owner = :owner)"
NAMES = {f"#{name}": name for name in ("document", "owner", "token", "until", "version")}
"""Several of these are DynamoDB's reserved words, so all stand for themselves through a `#` name."""


class DynamoCases:
    """Rows `case#<id>`, `name#<name>`, `call#<request id>` and `stop` of `table`.

    Leases go by `clock`; workers' may differ by a second or two.
    """

    def __init__(self, clients: Clients, table: str, clock: Clock, region: str = "", account: str = "") -> None:
        self._clients, self._table, self._clock, self._region, self._account = clients, table, clock, region, account

    def create(self, case: Case) -> bool:
        row: Row = {
            "id": {"S": _id(case.id)},
            "document": {"S": written(case)},
            "version": {"N": str(case.version)},
            "token": {"N": "0"},
        }
        return self._first(row)

    def allot(self, name: str, case_id: str) -> str:
        row: Row = {"id": {"S": f"name#{name}"}, "case": {"S": case_id}}
        return case_id if self._first(row) else self._get(f"name#{name}")["case"]["S"]

    def _first(self, row: "Row") -> bool:
        """Whether the row is kept: there was none of its id."""
        put = partial(self._dynamodb.put_item, TableName=self._table, Item=row, ConditionExpression="attribute_not_exists(id)")
        return _unless_refused(lambda: call(put)) is not None

    def load(self, case_id: str) -> Case:
        return Case.model_validate_json(self._row(case_id)["document"]["S"])

    def save(self, case: Case, lease: Lease) -> Case:
        saved = case.but(version=case.version + 1)
        document = written(saved)
        values: Row = {":document": {"S": document}, ":new": {"N": str(saved.version)}, ":old": {"N": str(case.version)}}
        change = "SET #document = :document, #version = :new"
        if self._update(case.id, change, f"{HOLDS} AND #version = :old", {**_holder(lease), **values}) is None:
            row = self._row(case.id)
            if (row["token"]["N"], row["document"]["S"]) != (str(lease.token), document):
                raise LeaseLost(f"another worker holds {case.id}")
        return saved

    def all(self) -> tuple[Case, ...]:
        scan = pages(
            self._dynamodb.get_paginator("scan"),
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="begins_with(id, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": _id("")}},
        )
        cases = [Case.model_validate_json(row["document"]["S"]) for page in scan for row in page["Items"]]
        return tuple(sorted(cases, key=lambda case: case.opened, reverse=True))

    def take(self, case_id: str, owner: str) -> Lease | None:
        now = self._clock.now()
        values: Row = {
            ":owner": {"S": owner},
            ":now": {"S": _spelled(now)},
            ":until": {"S": _spelled(now + LEASE)},
            ":one": {"N": "1"},
        }
        change = "SET #owner = :owner, #until = :until, #token = #token + :one"
        row = self._update(case_id, change, FREE, values)
        if row is None:
            self._row(case_id)  # a case that does not exist is not held by another
            return None
        return Lease(case_id, owner, int(row["token"]["N"]), now + LEASE)

    def renew(self, lease: Lease) -> Lease:
        until = self._clock.now() + LEASE
        if self._update(lease.case, "SET #until = :until", HOLDS, {**_holder(lease), ":until": {"S": _spelled(until)}}) is None:
            raise LeaseLost(f"another worker holds {lease.case}")
        return Lease(lease.case, lease.owner, lease.token, until)

    def give_back(self, lease: Lease) -> None:
        self._update(lease.case, "REMOVE #owner, #until", HOLDS, _holder(lease))

    def remember(self, request_ids: Sequence[str]) -> None:
        rows = [{"PutRequest": {"Item": {"id": {"S": _call(i)}}}} for i in dict.fromkeys(request_ids)]
        for start in range(0, len(rows), BATCH):
            left: Mapping[str, Any] = {self._table: rows[start : start + BATCH]}
            while left:
                left = call(self._dynamodb.batch_write_item, RequestItems=left)["UnprocessedItems"]

    def remembered(self, request_ids: Collection[str]) -> frozenset[str]:
        keys: list[Row] = [{"id": {"S": _call(i)}} for i in dict.fromkeys(request_ids)]
        batches = (keys[start : start + READ_BATCH] for start in range(0, len(keys), READ_BATCH))
        return frozenset(found.removeprefix(_call("")) for batch in batches for found in self._known(batch))

    def _known(self, keys: Sequence["Row"]) -> Iterator[str]:
        """The ids of those of these rows that are there."""
        left: Mapping[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": "id"}}
        while left:
            answer = call(self._dynamodb.batch_get_item, RequestItems=left)
            yield from (row["id"]["S"] for row in answer["Responses"].get(self._table, ()))
            left = answer["UnprocessedKeys"]

    def paused(self) -> bool:
        row = self._get("stop")
        return bool(row) and Stop.model_validate_json(row["document"]["S"]).on

    def pause(self, by: str) -> None:
        self._say(Stop(on=True, by=by, at=self._clock.now()))

    def resume(self, by: str) -> None:
        self._say(Stop(on=False, by=by, at=self._clock.now()))

    def _say(self, stop: Stop) -> None:
        row = {"id": {"S": "stop"}, "document": {"S": stop.model_dump_json()}}
        call(self._dynamodb.put_item, TableName=self._table, Item=row)

    def _update(self, case_id: str, change: str, condition: str, values: "Row") -> "Row | None":
        """The row as it is after the change; None where the condition does not hold."""
        names = {name: plain for name, plain in NAMES.items() if name in f"{change} {condition}"}
        answer = _unless_refused(
            lambda: call(
                self._dynamodb.update_item,
                TableName=self._table,
                Key={"id": {"S": _id(case_id)}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        )
        return answer["Attributes"] if answer else None

    def _row(self, case_id: str) -> "Row":
        row = self._get(_id(case_id))
        if not row:
            raise Absent(f"there is no case {case_id}")
        return row

    def _get(self, key: str) -> "Row":
        return call(self._dynamodb.get_item, TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True).get("Item", {})

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self._clients.dynamodb(self._account, self._region)


def _unless_refused[T](write: Callable[[], T]) -> T | None:
    """The answer; None where the table says that the condition does not hold."""
    try:
        return write()
    except CloudError as error:
        if error.code != REFUSED:
            raise
        return None


def _call(request_id: str) -> str:
    return f"call#{request_id}"


def _id(case_id: str) -> str:
    return f"case#{case_id}"


def _holder(lease: Lease) -> "Row":
    return {":owner": {"S": lease.owner}, ":token": {"N": str(lease.token)}}


def _spelled(moment: datetime) -> str:
    """Always of one length and zone, so that text compares as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
