"""A page at one level of the call list: to whoever that is, and to the next one where they cannot be reached."""

import logging
from concurrent.futures import Executor

from shared.domain.errors import CodeblueError
from shared.ports import Channel, Channels, Clock, Notifier, Settled, Told

LOG = logging.getLogger("codeblue")

MISSED = "A level of the call list could not be told"


class CallList:
    """Everything goes to `topic` as well: people there know of every level, and of one that was missed.

    `aside` tells the levels in its own time, one page after the other: a response waits for no incident tool.
    """

    def __init__(self, topic: Notifier, channels: Channels, clock: Clock, aside: Executor | None = None) -> None:
        self._topic, self._channels, self._clock, self._aside = topic, channels, clock, aside

    def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:
        self._topic.page(case_id, subject, body, level)
        self._pass_on(Told("page", case_id, subject, level + 1, self._clock.now()))

    def notice(self, subject: str, body: str) -> None:
        self._topic.notice(subject, body)

    def settle(self, case_id: str, how: Settled, body: str) -> None:
        self._topic.settle(case_id, how, body)
        self._pass_on(Told(how, case_id, "", 1, self._clock.now()))

    def _pass_on(self, told: Told) -> None:
        if self._aside:
            self._aside.submit(pass_on, told, self._channels, self._topic)
        else:
            pass_on(told, self._channels, self._topic)


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
    except Exception as error:  # noqa: BLE001  # whatever keeps one level from being told, the next one is
        why = str(error) if isinstance(error, CodeblueError) else f"{channel.name}: {type(error).__name__}"
        LOG.error("%s: %s", MISSED, why)  # noqa: TRY400  # no traceback: it could quote a request
        if told.what == "page":
            body = f"{why}. The next level is told instead, where there is one. `codeblue doctor` shows whom pages reach."
            topic.page("", f"{MISSED}: {told.level}", body)
        return False
    return True
