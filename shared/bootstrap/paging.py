"""Who is paged: the topic or the log, and the call list where the policy has one."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import cache, partial
from typing import TYPE_CHECKING

from shared.adapters.local.clock import SystemClock
from shared.adapters.local.notifier import LogNotifier
from shared.domain.call_list import Level
from shared.domain.check import Check, tried
from shared.domain.errors import NotReady
from shared.domain.resource import Cloud
from shared.ports import Channels, Clock, Notifier
from shared.settings import Policy

from .clouds import answered

if TYPE_CHECKING:
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.levels import Topic
    from shared.adapters.paging.webhook import Webhook

VARIABLE = "env:"


def pager(policy: Policy) -> Notifier:
    """Who is paged, for a function that needs nothing else and ends when that is done."""
    return called(policy, LogNotifier() if answered(policy)[0] is Cloud.AZURE else _topic(policy), SystemClock())


def called(policy: Policy, topic: Notifier, clock: Clock, aside: Callable[[], Executor] | None = None) -> Notifier:
    """The topic; with a call list that nobody else passes pages on to, both. `aside`: see `CallList`."""
    from shared.adapters.aws.notifier import relayed

    if not policy.paging.call_list or relayed():
        return topic
    from shared.adapters.paging.call_list import CallList

    return CallList(topic, channels(policy), clock, aside() if aside else None)


def relay(policy: Policy) -> "tuple[Channels, Notifier]":
    """For the topic's own subscriber: the call list by level, and who hears of a level that cannot be told."""
    return channels(policy), _topic(policy)


def channels(policy: Policy) -> Channels:
    """By level of the call list; None where that is the topic, which hears of everything."""
    clients = cache(_clients)
    return [_channel(level, clients) for level in policy.paging.call_list]


def levels(policy: Policy) -> Iterator[Check]:
    """Whether each level of the call list could be told tonight. Nobody is."""
    for number, channel in enumerate(channels(policy), 1):
        if channel is not None:
            yield tried(f"level {number} of the call list", channel.name, channel.reached, "see [paging], and who reads its secret")


def _channel(level: Level, clients: "Callable[[], Clients]") -> "Topic | Webhook | None":
    if level.to in {"topic", os.environ.get("CODEBLUE_TOPIC")}:  # by its ARN it would be passed on to itself, and again
        return None
    if level.to != "webhook":
        from shared.adapters.aws.levels import Topic

        return Topic(clients, level.to)
    from shared.adapters.paging.webhook import Webhook

    return Webhook(level.secret, level.form, partial(_secret, level.secret, clients))


def _secret(name: str, clients: "Callable[[], Clients]") -> str:
    """What is kept of a webhook. Raises `NotReady`, `CloudError`."""
    if not name.startswith(VARIABLE):
        from shared.adapters.aws.levels import secret

        return secret(clients(), name)
    if not (kept := os.environ.get(name.removeprefix(VARIABLE), "")):
        raise NotReady(f"{name.removeprefix(VARIABLE)} is not set: it is what is kept of a webhook of [paging]")
    return kept


def _topic(policy: Policy) -> Notifier:
    from shared.adapters.aws.notifier import notifier

    return notifier(_clients(), listed=bool(policy.paging.call_list)) or LogNotifier()


def _clients() -> "Clients":
    from shared.adapters.aws.clients import Clients

    return Clients()
