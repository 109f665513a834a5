"""What S3 knows of buckets and objects and moto does not: default encryption, customer keys."""

from typing import Any


class BucketBook:
    """What S3 knows and moto does not, by bucket name and by object version."""

    def __init__(self) -> None:
        self.encryption: dict[str, dict[str, Any]] = {}
        self.customer_keys: dict[tuple[str, str, str], str] = {}

    def forget(self) -> None:
        self.encryption.clear()
        self.customer_keys.clear()

    def default_rule(self, bucket: str) -> dict[str, Any]:
        """The default encryption rule; S3 encrypts with its own keys where nothing was configured (since January 2023)."""
        rules = self.encryption.get(bucket, {}).get("Rules")
        return (
            dict(rules[0])
            if rules
            else {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
        )
