"""Levels of the call list on AWS: other topics, and what is kept of webhooks (SNS and Secrets Manager API references)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.notifier import MAX_SUBJECT
from shared.domain.errors import NotReady
from shared.ports import Told

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

SENDS = frozenset({"sns:Publish"})
READS = frozenset({"secretsmanager:GetSecretValue"})
LOOKS = frozenset({"sns:ListSubscriptionsByTopic"})
"""What whoever passes pages on does with the topics and secrets of the list, and what `codeblue doctor` looks at besides."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by its ARN, which is its name too."""

    clients: Callable[[], Clients]
    name: str

    def tell(self, told: Told) -> None:
        """Publish it. Raises `CloudError`."""
        lines = [f"level {told.level} of the call list", f"codeblue status {told.case}", f"codeblue acknowledge {told.case}"]
        subject = f"{told.case}: {told.subject or told.what}" if told.case else told.subject
        message = "\n".join(lines if told.case and told.what == "page" else [subject])
        call(self._client().publish, TopicArn=self.name, Subject=subject[:MAX_SUBJECT], Message=message)

    def reached(self) -> None:
        """Whether anybody has confirmed that they listen. Raises `NotReady`, `CloudError`."""
        listening = pages(self._client().get_paginator("list_subscriptions_by_topic"), TopicArn=self.name)
        if not any(each["SubscriptionArn"].startswith("arn:") for page in listening for each in page["Subscriptions"]):
            raise NotReady(f"nobody listens to {self.name}: no subscription of it is confirmed")

    def _client(self) -> "SNSClient":
        return self.clients().sns("", self.name.split(":")[3])


def secret(clients: Clients, name: str) -> str:
    """The newest value of a secret of ours. Raises `CloudError`."""
    return call(clients.secretsmanager("", "").get_secret_value, SecretId=name)["SecretString"]
