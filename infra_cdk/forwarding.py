"""In every account and Region: the events that the rule table asks for, forwarded to the responder's bus."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from shared.adapters.aws.directory import FORWARDER, FORWARDS

from .acknowledged import acknowledge
from .event_rules import EventRule, event_rules


class Forwarding(Construct):
    """One rule for each pattern, all to `bus` (ARN); what the bus does not take stays in a queue here."""

    def __init__(self, scope: Construct, ident: str, *, bus: str, region: str) -> None:
        super().__init__(scope, ident)
        self.dead = sqs.Queue(
            self, "Dead", encryption=sqs.QueueEncryption.SQS_MANAGED, retention_period=Duration.days(14), enforce_ssl=True
        )
        acknowledge(self.dead, {"AwsSolutions-SQS3": "it is the queue of dead letters"})
        role = self._role(bus, region)
        for rule in event_rules():
            self._forward(rule, bus, role)

    def _role(self, bus: str, region: str) -> iam.Role:
        role = iam.Role(self, "Role", role_name=f"{FORWARDS}{region}", assumed_by=iam.ServicePrincipal(FORWARDER))
        puts = iam.PolicyDocument(statements=[iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus])])
        iam.CfnManagedPolicy(self, "Puts", policy_document=puts, roles=[role.role_name])
        return role

    def _forward(self, rule: EventRule, bus: str, role: iam.Role) -> None:
        target = events.CfnRule.TargetProperty(
            id="bus",
            arn=bus,
            role_arn=role.role_arn,
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.dead.queue_arn),
        )
        ident = rule.name.title().replace("-", "")
        made = events.CfnRule(
            self, ident, name=f"codeblue-{rule.name}", event_pattern=rule.pattern, state=rule.state, targets=[target]
        )
        self.dead.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.dead.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": made.attr_arn}},
            )
        )
