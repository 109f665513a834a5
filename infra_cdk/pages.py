"""How people get to know: one topic, an alarm on every way to fail, word of workflows that did not end well, one screen."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from shared.adapters.aws.errors import DENIED
from shared.containment.guard import KEPT_OFF

from .roster import TOPIC

MINUTE = Duration.minutes(1)
OLDEST_ALERT_SECONDS = 120
SPACE = "Codeblue"
LINES: Mapping[str, str] = {"guard-refused": KEPT_OFF, "key-denied": DENIED}
"""What functions write into their logs and people have to know, by the name of metric and alarm."""


FROM = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


class Watch(NamedTuple):
    """One thing that must not be: a metric, and the value from which on people are paged.

    `below`: below which, in all of so many `periods`; no value at all is below.
    """

    name: str
    metric: cloudwatch.Metric
    threshold: float = 1
    periods: int = 1
    below: bool = False


class Pages(Construct):
    """The topic, encrypted with `key`; alarms and the rest are hung on it afterwards."""

    def __init__(self, scope: Construct, ident: str, *, key: kms.IKey, email: str) -> None:
        super().__init__(scope, ident)
        self.topic = sns.Topic(self, "Topic", topic_name=TOPIC, master_key=key, enforce_ssl=True)
        self.topic.add_subscription(subscriptions.EmailSubscription(email))
        for service in ("cloudwatch", "events"):
            self.topic.grant_publish(iam.ServicePrincipal(f"{service}.amazonaws.com"))
        self.alarms: list[cloudwatch.Alarm] = []

    def watch(self, watched: Iterator[Watch]) -> None:
        """Page where one of these happens."""
        for each in watched:
            alarm = cloudwatch.Alarm(
                self,
                each.name,
                alarm_name=f"codeblue-{each.name}",
                metric=each.metric,
                threshold=each.threshold,
                evaluation_periods=each.periods,
                comparison_operator=BELOW if each.below else FROM,
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING
                if each.below
                else cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            alarm.add_alarm_action(actions.SnsAction(self.topic))
            self.alarms.append(alarm)

    def tell(self, machine: sfn.StateMachine, notify: lambda_.IFunction, dead: sqs.Queue) -> None:
        """Have `notify` told of every execution that does not end well; what it could not be told stays in `dead`."""
        ended = {"stateMachineArn": [machine.state_machine_arn], "status": ["FAILED", "TIMED_OUT", "ABORTED"]}
        pattern = events.EventPattern(source=["aws.states"], detail_type=["Step Functions Execution Status Change"], detail=ended)
        events.Rule(self, "Ended", event_pattern=pattern, targets=[targets.LambdaFunction(notify, dead_letter_queue=dead)])

    def pass_on(self, notify: lambda_.IFunction) -> None:
        """Have `notify` told of every page: it knows the call list. What it could not be given is in its own dead letters."""
        self.topic.add_subscription(subscriptions.LambdaSubscription(notify))

    def show(self, functions: Mapping[str, lambda_.IFunction], machine: sfn.StateMachine) -> None:
        """One screen: what is wrong, what runs, and how long it takes."""
        board = cloudwatch.Dashboard(self, "Board", dashboard_name="codeblue")
        runs = [machine.metric_started(), machine.metric_succeeded(), machine.metric_failed()]
        slow = [each.metric_duration(statistic="p99") for each in functions.values()]
        wrong = [each.metric_errors() for each in functions.values()]
        board.add_widgets(cloudwatch.AlarmStatusWidget(alarms=self.alarms, width=24, title="What people are paged about"))
        board.add_widgets(
            cloudwatch.GraphWidget(left=runs, title="Workflows", width=8),
            cloudwatch.GraphWidget(left=slow, title="Time a function takes (99 %)", width=8),
            cloudwatch.GraphWidget(left=wrong, title="Errors", width=8),
        )


def of_function(name: str, function: lambda_.IFunction, dead: sqs.Queue) -> Iterator[Watch]:
    """Errors, refused starts, and dead letters of one function."""
    yield Watch(f"{name}-errors", function.metric_errors(period=MINUTE, statistic="Sum"))
    yield Watch(f"{name}-throttles", function.metric_throttles(period=MINUTE, statistic="Sum"))
    yield Watch(f"{name}-dead", dead.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"))


def of_logs(written: Iterable[logs.LogGroup]) -> Iterator[Watch]:
    """Lines in any of these logs: whether it is a message or a part of JSON, the words are found."""
    for log in written:
        for name, words in LINES.items():
            pattern = logs.FilterPattern.literal(f'"{words}"')
            log.add_metric_filter(name, filter_pattern=pattern, metric_namespace=SPACE, metric_name=name, metric_value="1")
    for name in LINES:
        yield Watch(name, cloudwatch.Metric(namespace=SPACE, metric_name=name, period=MINUTE, statistic="Sum"))


def of_visits(name: str, function: lambda_.IFunction) -> Iterator[Watch]:
    """A day and more without a visit of a function that comes every day: nothing else would tell of it."""
    visits = function.metric_invocations(period=Duration.hours(6), statistic="Sum")
    yield Watch(f"{name}-missing", visits, periods=5, below=True)


FLOODED = "page-flooded"


def of_page(api: apigateway.HttpApi, log: logs.LogGroup) -> Iterator[Watch]:
    """Answers of the decision page that are its own failure, or API Gateway's, and requests that were one too many (429).

    One is enough: of excessive ones API Gateway may write nothing more (API Gateway developer guide, "Monitor HTTP APIs").
    """
    yield Watch("page-failed", api.metric_server_error(period=MINUTE, statistic="Sum"))
    pattern = logs.FilterPattern.string_value("$.status", "=", "429")
    log.add_metric_filter(FLOODED, filter_pattern=pattern, metric_namespace=SPACE, metric_name=FLOODED, metric_value="1")
    yield Watch(FLOODED, cloudwatch.Metric(namespace=SPACE, metric_name=FLOODED, period=MINUTE, statistic="Sum"))


def of_workflow(machine: sfn.StateMachine) -> Iterator[Watch]:
    """Executions that failed, ran out of time, or were not let run."""
    yield Watch("workflow-failed", machine.metric_failed(period=MINUTE, statistic="Sum"))
    yield Watch("workflow-timed-out", machine.metric_timed_out(period=MINUTE, statistic="Sum"))
    yield Watch("workflow-stopped", machine.metric_aborted(period=MINUTE, statistic="Sum"))
    yield Watch("workflow-throttled", machine.metric_throttled(period=MINUTE, statistic="Sum"))


def of_intake(queue: sqs.Queue, dead: sqs.Queue, rule: events.Rule) -> Iterator[Watch]:
    """Alerts that wait for long, could not be read, or did not reach the queue."""
    oldest = queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum")
    yield Watch("intake-late", oldest, OLDEST_ALERT_SECONDS)
    yield Watch("intake-dead", dead.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"))
    failed = {"namespace": "AWS/Events", "metric_name": "FailedInvocations", "period": MINUTE, "statistic": "Sum"}
    names = {"EventBusName": "codeblue", "RuleName": rule.rule_name}
    yield Watch("intake-undelivered", cloudwatch.Metric(**failed, dimensions_map=names))
