"""Functions and the key of their environment variables (AWS Lambda API)."""

from collections.abc import Iterator, Mapping

from shared.adapters.aws.arns import named
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.encrypted import Lister, Named, under_one_key
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.facets import FacetTable
from shared.domain.facet import EncryptedWith
from shared.domain.resource import Kind, Ref

KEY_USE = frozenset({"kms:CreateGrant", "kms:Decrypt", "kms:Encrypt"})
"""What Lambda does with the old and the new key in our name when a function changes keys."""


def _key(clients: Clients, function: Ref) -> str:
    answer = call(clients.lambda_(function.account, function.region).get_function_configuration, FunctionName=function.id)
    return answer.get("KMSKeyArn", "")


def _put(clients: Clients, function: Ref, key: str) -> Mapping[str, object]:
    """Published versions can not be changed and stay under their key; an empty key is Lambda's own."""
    update = clients.lambda_(function.account, function.region).update_function_configuration
    return call(update, FunctionName=function.id, KMSKeyArn=key)


def _all(clients: Clients, key: Ref) -> Iterator[Named]:
    for page in pages(clients.lambda_(key.account, key.region).get_paginator("list_functions")):
        for found in page["Functions"]:
            yield named(Kind.FUNCTION, found["FunctionArn"]), found.get("KMSKeyArn", "")


FACETS: FacetTable = {
    (Kind.FUNCTION, EncryptedWith): under_one_key(
        _key, _put, frozenset({"lambda:GetFunctionConfiguration"}), frozenset({"lambda:UpdateFunctionConfiguration"})
    ),
}

LISTER = Lister(_all, frozenset({"lambda:ListFunctions"}))
