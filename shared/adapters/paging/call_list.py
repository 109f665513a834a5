"""A page at one level of the call list: to whoever that is, and to the next one where they cannot be reached."""

import logging

from shared.domain.errors import CodeblueError
from shared.ports import Channel, Channels, Clock, Notifier, Settled, Told

LOG = logging.getLogger("codeblue")

MISSED = "A level of the call list could not be told"


class CallList:
    """Everything goes to `topic` as well: people there know of every level, and of one that was missed."""

    def __init__(self, topic: Notifier, channels: Channels, clock: Clock) -> None:
        self._topic, self._channels, self._clock = topic, channels, clock

    def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:
        text = f"{body}\n\ncodeblue acknowledge {case_id}" if case_id else body
        self._topic.page(case_id, subject, text, level)
        pass_on(Told("page", case_id, subject, level + 1, self._clock.now()), self._channels, self._topic)

    def settle(self, case_id: str, how: Settled, body: str) -> None:
        self._topic.settle(case_id, how, body)
        pass_on(Told(how, case_id, "", 1, self._clock.now()), self._channels, self._topic)


def pass_on(told: Told, channels: Channels, topic: Notifier) -> None:
    """A page to its level, or to the first after it that can be told; what became of it to all that keep track. Raises nothing."""
    if told.what == "page":
        for number in range(told.level, len(channels) + 1):
            channel = channels[number - 1]
            if channel is None or _told(channel, told._replace(level=number), topic):
                return
    else:
        for tool in {each.name: each for each in channels if each is not None}.values():
            _told(tool, told, topic)


def _told(channel: Channel, told: Told, topic: Notifier) -> bool:
    try:
        channel.tell(told)
    except CodeblueError as error:
        LOG.error("%s: %s", MISSED, error)  # noqa: TRY400  # no traceback: it could quote a request
        if told.what == "page":
            body = f"{error}. The next level is told instead, where there is one. `codeblue doctor` shows whom pages reach."
            topic.page("", f"{MISSED}: {told.level}", body)
        return False
    return True
