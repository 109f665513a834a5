"""What people read on a page, as SNS delivers it."""

import json

import pytest

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.notifier import MAX_SUBJECT, notifier
from shared.sandbox.aws.server import REGION, Sandbox
from tests.contract.test_aws_desk import keys

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
    root = sandbox.root()
    topic = root.client("sns").create_topic(Name="pages")["TopicArn"]
    queue = root.client("sqs").create_queue(QueueName="pager")["QueueUrl"]
    arn = root.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    root.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    keys(monkeypatch, sandbox, "codeblue-fence")
    given = {"AWS_ENDPOINT_URL": sandbox.endpoint_url, "AWS_DEFAULT_REGION": REGION, "CODEBLUE_TOPIC": topic}
    for name, value in {**given, "CODEBLUE_CONSOLE": console}.items():
        monkeypatch.setenv(name, value)
    pager = notifier(Clients())
    assert pager
    pager.page(case, "A decision is needed: " + "x" * MAX_SUBJECT, "why")
    (message,) = root.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    read = json.loads(message["Body"])
    assert (read["Message"], len(read["Subject"])) == (text, MAX_SUBJECT)
