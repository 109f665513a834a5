"""Topics and queues, and the key of their messages (Amazon SNS and Amazon SQS APIs)."""

from collections.abc import Iterator, Mapping
from typing import Final

from shared.adapters.aws.arns import named, partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.encrypted import Lister, Named, each, under_one_key
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.facets import FacetTable
from shared.domain.facet import EncryptedWith
from shared.domain.resource import Kind, Ref

ATTRIBUTE: Final = "KmsMasterKeyId"
"""Under this name both services keep the key; empty switches encryption under a key of KMS off."""


def _topic_key(clients: Clients, topic: Ref) -> str:
    answer = call(clients.sns(topic.account, topic.region).get_topic_attributes, TopicArn=topic.id)
    return answer["Attributes"].get(ATTRIBUTE, "")


def _put_topic_key(clients: Clients, topic: Ref, key: str) -> Mapping[str, object]:
    put = clients.sns(topic.account, topic.region).set_topic_attributes
    return call(put, TopicArn=topic.id, AttributeName=ATTRIBUTE, AttributeValue=key)


def _topics(clients: Clients, key: Ref) -> Iterator[Named]:
    listed = pages(clients.sns(key.account, key.region).get_paginator("list_topics"))
    return each(_topic_key, clients, (named(Kind.TOPIC, topic["TopicArn"]) for page in listed for topic in page["Topics"]))


def _queue_key(clients: Clients, queue: Ref) -> str:
    answer = call(
        clients.sqs(queue.account, queue.region).get_queue_attributes,
        QueueUrl=_queue_url(clients, queue),
        AttributeNames=[ATTRIBUTE],
    )
    return answer.get("Attributes", {}).get(ATTRIBUTE, "")


def _put_queue_key(clients: Clients, queue: Ref, key: str) -> Mapping[str, object]:
    put = clients.sqs(queue.account, queue.region).set_queue_attributes
    return call(put, QueueUrl=_queue_url(clients, queue), Attributes={ATTRIBUTE: key})


def _queue_url(clients: Clients, queue: Ref) -> str:
    return call(clients.sqs(queue.account, queue.region).get_queue_url, QueueName=queue.name)["QueueUrl"]


def _queues(clients: Clients, key: Ref) -> Iterator[Named]:
    """SQS lists URLs, which end in the queue's name."""
    listed = pages(clients.sqs(key.account, key.region).get_paginator("list_queues"))
    names = (url.rpartition("/")[2] for page in listed for url in page.get("QueueUrls", []))
    start = f"arn:{partition_of(key.region)}:sqs:{key.region}:{key.account}:"
    return each(_queue_key, clients, (named(Kind.QUEUE, f"{start}{name}") for name in names))


_READ_TOPIC = frozenset({"sns:GetTopicAttributes"})
_READ_QUEUE = frozenset({"sqs:GetQueueAttributes", "sqs:GetQueueUrl"})

FACETS: FacetTable = {
    (Kind.TOPIC, EncryptedWith): under_one_key(_topic_key, _put_topic_key, _READ_TOPIC, frozenset({"sns:SetTopicAttributes"})),
    (Kind.QUEUE, EncryptedWith): under_one_key(
        _queue_key, _put_queue_key, _READ_QUEUE, frozenset({"sqs:GetQueueUrl", "sqs:SetQueueAttributes"})
    ),
}

TOPICS = Lister(_topics, _READ_TOPIC | {"sns:ListTopics"})
QUEUES = Lister(_queues, _READ_QUEUE | {"sqs:ListQueues"})
