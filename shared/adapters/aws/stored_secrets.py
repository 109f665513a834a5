"""Secrets and the key of their values (AWS Secrets Manager API). The values are never read here."""

from collections.abc import Iterator, Mapping

from shared.adapters.aws.arns import named
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.encrypted import Lister, Named, under_one_key
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.facets import FacetTable
from shared.domain.facet import EncryptedWith
from shared.domain.resource import Kind, Ref

KEY_USE = frozenset({"kms:Decrypt", "kms:GenerateDataKey"})
"""What Secrets Manager does with the old and the new key in our name when a secret changes keys."""


def _key(clients: Clients, secret: Ref) -> str:
    answer = call(clients.secretsmanager(secret.account, secret.region).describe_secret, SecretId=secret.id)
    return answer.get("KmsKeyId", "")


def _put(clients: Clients, secret: Ref, key: str) -> Mapping[str, object]:
    """Secrets Manager re-encrypts the current, previous and pending values itself; an empty key is `aws/secretsmanager`."""
    return call(clients.secretsmanager(secret.account, secret.region).update_secret, SecretId=secret.id, KmsKeyId=key)


def _all(clients: Clients, key: Ref) -> Iterator[Named]:
    """Those waiting to be deleted as well: they can be restored, and then need their key."""
    paginator = clients.secretsmanager(key.account, key.region).get_paginator("list_secrets")
    for page in pages(paginator, IncludePlannedDeletion=True):
        for found in page["SecretList"]:
            yield named(Kind.SECRET, found["ARN"]), found.get("KmsKeyId", "")


FACETS: FacetTable = {
    (Kind.SECRET, EncryptedWith): under_one_key(
        _key, _put, frozenset({"secretsmanager:DescribeSecret"}), frozenset({"secretsmanager:UpdateSecret"})
    ),
}

LISTER = Lister(_all, frozenset({"secretsmanager:ListSecrets"}))
