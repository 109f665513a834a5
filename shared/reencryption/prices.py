"""What requests cost: list prices in US dollars for a million, to estimate by. The bill is AWS's, and other Regions cost more."""

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


def of_class(prices: dict[str, float], storage_class: str) -> float:
    """The price for this class; one that the table does not know costs as the dearest does."""
    return prices.get(storage_class, max(prices.values()))
