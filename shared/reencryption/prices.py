"""What requests cost: list prices in US dollars for a million, to estimate by. The bill is AWS's, and other Regions cost more."""

from collections.abc import Mapping

AS_OF = "November 2026, us-east-1"
SOURCE = "the pricing pages of Amazon S3 and AWS KMS"

WRITE: dict[str, float] = {
    "STANDARD": 5.0,
    "INTELLIGENT_TIERING": 5.0,
    "STANDARD_IA": 10.0,
    "ONEZONE_IA": 10.0,
    "GLACIER_IR": 20.0,
    "GLACIER": 30.0,
    "DEEP_ARCHIVE": 50.0,
}
"""A million PUT, COPY, POST or LIST requests, by storage class. An update in place is taken for a PUT of the version's class."""

READ: dict[str, float] = {
    "STANDARD": 0.4,
    "INTELLIGENT_TIERING": 0.4,
    "STANDARD_IA": 1.0,
    "ONEZONE_IA": 1.0,
    "GLACIER_IR": 10.0,
    "GLACIER": 0.4,
    "DEEP_ARCHIVE": 0.4,
}
"""A million HEAD or GET requests, by storage class."""

KMS = 3.0
"""A million requests to KMS."""

JOB = 0.25
TASKS = 1.0
MANIFEST = 0.015
"""One job of S3 Batch Operations; a million of its tasks; a million objects gone through for its manifest."""

BLOB_WRITE: dict[str, float] = {"Hot": 5.0, "Cool": 10.0, "Cold": 18.0, "Archive": 11.0}
"""A million writes or listings of Azure's blobs, by access tier."""

BLOB_READ: dict[str, float] = {"Hot": 0.4, "Cool": 1.0, "Cold": 10.0, "Archive": 500.0}
"""A million reads of properties."""

BLOB_FETCHED: dict[str, float] = {"Hot": 0.0, "Cool": 0.01, "Cold": 0.03, "Archive": 0.02}
"""A gigabyte that is read, as by a copy."""


def of_class(prices: Mapping[str, float], storage_class: str) -> float:
    """The price for this class; one that the table does not know costs as the dearest does."""
    return prices.get(storage_class, max(prices.values()))
