"""What people read on a page, as SNS delivers it."""

import json
from datetime import UTC, datetime

import pytest

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_init import make_memory
from shared.adapters.aws.custody_places import table_of
from shared.adapters.aws.levels import Topic, secret
from shared.adapters.aws.links import links
from shared.adapters.aws.notifier import MARK, MAX_SUBJECT, notifier
from shared.adapters.memory.clock import MemoryClock
from shared.domain.errors import Absent, NotReady
from shared.ports import Told
from shared.sandbox.aws.server import REGION, Sandbox
from shared.settings import Policy
from tests.contract.test_aws_desk import keys

PAGE = "https://page.example"
CONSOLE = "https://console.aws.amazon.com/systems-manager/automation/execute/Codeblue-Approve?region=us-east-1"


@pytest.mark.parametrize(
    ("case", "console", "text"),
    [
        pytest.param("cb-1", "", "why\n\ncodeblue status cb-1", id="a case, and how to look at it"),
        pytest.param(
            "cb-1",
            CONSOLE,
            f"why\n\ncodeblue status cb-1\n\nTo look and decide in the console, as yourself: {CONSOLE}",
            id="where to decide, and nothing of the case in the address",
        ),
        pytest.param("", CONSOLE, "why", id="no case, and nothing to decide"),
    ],
)
def test_a_page_says(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, case: str, console: str, text: str) -> None:
    queue = told(sandbox, monkeypatch, CODEBLUE_CONSOLE=console)
    pager = notifier(Clients())
    assert pager
    pager.page(case, "A decision is needed: " + "x" * MAX_SUBJECT, "why")
    read = newest(sandbox, queue)
    assert (read["Message"], len(read["Subject"])) == (text, MAX_SUBJECT)


def test_each_page_about_a_case_has_a_link_of_its_own_that_opens_it(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = told(sandbox, monkeypatch, CODEBLUE_PAGE=PAGE)
    make_memory(sandbox.root().client("dynamodb"), table_of(Policy().custody.table))
    made = links(Clients(), Policy(), MemoryClock())
    pager = notifier(Clients(), made)
    assert pager
    tokens = set()
    for _ in range(2):
        pager.page("cb-1", "A decision is needed", "why")
        _, _, token = newest(sandbox, queue)["Message"].partition(f"{PAGE}/open?t=")
        assert made.opens(token) == "cb-1"
        tokens.add(token)
    assert len(tokens) == 2


@pytest.mark.parametrize("tries", [True, False], ids=["for there is no table", "for the function makes none"])
def test_where_no_link_can_be_made_the_page_goes_out_with_the_lists_address(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tries: bool
) -> None:
    queue = told(sandbox, monkeypatch, CODEBLUE_PAGE=PAGE)
    pager = notifier(Clients(), links(Clients(), Policy(), MemoryClock()) if tries else None)
    assert pager
    pager.page("cb-1", "A decision is needed", "why")
    assert newest(sandbox, queue)["Message"].endswith(f"{PAGE}/cases")


def told(sandbox: Sandbox, patch: pytest.MonkeyPatch, **variables: str) -> str:
    """The queue (URL) that a topic's pages come to; the environment names the topic, and a function's session."""
    root = sandbox.root()
    topic = root.client("sns").create_topic(Name="pages")["TopicArn"]
    queue = root.client("sqs").create_queue(QueueName="pager")["QueueUrl"]
    arn = root.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    root.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    keys(patch, sandbox, "codeblue-fence")
    given = {"AWS_ENDPOINT_URL": sandbox.endpoint_url, "AWS_DEFAULT_REGION": REGION, "CODEBLUE_TOPIC": topic}
    for name, value in {**given, **variables}.items():
        patch.setenv(name, value)
    return queue


def newest(sandbox: Sandbox, queue: str) -> dict[str, str]:
    """What came, as SNS wraps it."""
    (message,) = sandbox.root().client("sqs").receive_message(QueueUrl=queue)["Messages"]
    read: dict[str, str] = json.loads(message["Body"])
    return read


@pytest.mark.parametrize(
    ("relayed", "mark"),
    [pytest.param("", "sender", id="by its sender"), pytest.param("true", "subscriber", id="by the subscriber")],
)
def test_with_a_call_list_a_page_says_who_passes_it_on(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, relayed: str, mark: str
) -> None:
    queue, root = told(sandbox, monkeypatch, CODEBLUE_RELAYED=relayed), sandbox.root()
    pager = notifier(Clients(), listed=True)
    assert pager
    pager.page("cb-1", "A decision is needed", "why", 1)
    pager.settle("cb-1", "acknowledged", "by ann")
    pager.notice("A rehearsal went well", "what is left to do")
    read = [
        json.loads(message["Body"])
        for message in root.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=3)["Messages"]
    ]
    marks = [{name: each["Value"] for name, each in message["MessageAttributes"].items()} for message in read]
    assert {"what": "page", "case": "cb-1", "level": "2", MARK: mark} in marks
    assert {"what": "acknowledged", "case": "cb-1", "level": "1", MARK: mark} in marks
    assert {MARK: "sender"} in marks, "nobody passes a notice on"
    assert any("codeblue acknowledge cb-1" in message["Message"] for message in read)


class TestLevels:
    """Other topics of the call list, and what is kept of webhooks."""

    @pytest.fixture
    def clients(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Clients:
        keys(monkeypatch, sandbox, "codeblue-notify")
        for name, value in {"AWS_ENDPOINT_URL": sandbox.endpoint_url, "AWS_DEFAULT_REGION": REGION}.items():
            monkeypatch.setenv(name, value)
        return Clients()

    def test_a_topic_is_reached_when_somebody_listens(self, sandbox: Sandbox, clients: Clients) -> None:
        root = sandbox.root()
        topic = root.client("sns").create_topic(Name="consultants")["TopicArn"]
        level = Topic(lambda: clients, topic)
        with pytest.raises(NotReady, match="no subscription of it is confirmed"):
            level.reached()
        queue = root.client("sqs").create_queue(QueueName="consultant")["QueueUrl"]
        arn = root.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        root.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        level.reached()
        level.tell(Told("page", "cb-1", "A decision is needed", 2, datetime.now(UTC)))
        (message,) = root.client("sqs").receive_message(QueueUrl=queue)["Messages"]
        read = json.loads(message["Body"])
        assert (read["Subject"], "codeblue acknowledge cb-1" in read["Message"]) == ("cb-1: A decision is needed", True)

    def test_what_is_kept_of_a_webhook_is_read_by_name(self, sandbox: Sandbox, clients: Clients) -> None:
        kept = json.dumps({"url": "https://tool.example/"})
        sandbox.root().client("secretsmanager").create_secret(Name="codeblue/tool", SecretString=kept)
        assert secret(clients, "codeblue/tool") == kept
        with pytest.raises(Absent):
            secret(clients, "codeblue/none")
