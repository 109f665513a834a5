"""The secrets of cases: 64 random bytes each, wrapped by a KMS key, in a table where they can be deleted.

The record keeps what they encrypt for years; deleting the row makes it unreadable from then on (once the table's own backups have
expired). The encryption context binds each secret to its case.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, CloudError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from types_boto3_kms import KMSClient
    from types_boto3_kms.type_defs import GenerateDataKeyResponseTypeDef

    type Row = Mapping[str, AttributeValueTypeDef]

ACTIONS = frozenset({"dynamodb:GetItem", "dynamodb:PutItem", "kms:GenerateDataKey", "kms:Decrypt"})
"""What the recorder needs on the table and on the key, exactly."""

KEY = 32
CONTEXT = "codeblue:case"
LOST = "ConditionalCheckFailedException"


class KmsKeyring:
    """Rows `secrets#<case>` of `table`: `wrapped`, or `deleted`. `key` wraps them. Threads may share it."""

    def __init__(self, clients: Clients, table: str, key: str, region: str = "", account: str = "") -> None:
        self._clients, self._table, self._key, self._region, self._account = clients, table, key, region, account
        self._secret = cache(self._fetch)

    def data_key(self, case: str) -> bytes:
        return self._secret(case)[:KEY]

    def name_key(self, case: str) -> bytes:
        return self._secret(case)[KEY:]

    def forget(self, case: str) -> None:
        """Delete the case's secrets for ever: its evidence and names can not be read again."""
        row: Row = {"id": {"S": f"secrets#{case}"}, "deleted": {"BOOL": True}}
        call(self._dynamodb.put_item, TableName=self._table, Item=row)
        self._secret.cache_clear()

    def _fetch(self, case: str) -> bytes:
        """The secrets. New ones are made while the table is asked: the first fence of a case waits for this."""
        context = {CONTEXT: case}
        with ThreadPoolExecutor(1) as beside:
            made = beside.submit(
                call, self._kms.generate_data_key, KeyId=self._key, NumberOfBytes=2 * KEY, EncryptionContext=context
            )
            row = self._row(case)
        return self._unwrap(case, row) if row else self._keep(case, made.result())

    def _keep(self, case: str, made: "GenerateDataKeyResponseTypeDef") -> bytes:
        """New secrets, unless another worker was first."""
        row: Row = {"id": {"S": f"secrets#{case}"}, "wrapped": {"B": made["CiphertextBlob"]}}
        try:
            call(self._dynamodb.put_item, TableName=self._table, Item=row, ConditionExpression="attribute_not_exists(id)")
        except CloudError as error:
            if error.code != LOST:
                raise
            return self._unwrap(case, self._row(case))
        return made["Plaintext"]

    def _row(self, case: str) -> "Row":
        key = {"id": {"S": f"secrets#{case}"}}
        return call(self._dynamodb.get_item, TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})

    def _unwrap(self, case: str, row: "Row") -> bytes:
        if "wrapped" not in row:
            raise Absent(f"the secrets of {case} were deleted")
        wrapped = bytes(row["wrapped"]["B"])
        return call(self._kms.decrypt, KeyId=self._key, CiphertextBlob=wrapped, EncryptionContext={CONTEXT: case})["Plaintext"]

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self._clients.dynamodb(self._account, self._region)

    @property
    def _kms(self) -> "KMSClient":
        return self._clients.kms(self._account, self._region)
