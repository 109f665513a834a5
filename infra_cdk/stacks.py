"""The stacks. They only compose: what is in a construct says that construct."""

from aws_cdk import CfnOutput, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from shared.adapters.aws.arns import partition_of
from shared.settings import Policy

from .canary import Canary
from .custody import Custody
from .custody_bucket import CustodyBucket
from .decision_page import DecisionPage
from .duties import Home
from .forwarding import Forwarding
from .guardrails import resource_control, service_control, trusted
from .intake import Intake
from .organisation import Guardrails
from .pages import Pages, of_function, of_intake, of_logs, of_page, of_visits, of_workflow
from .parameters import IAM_REGION, Parameters
from .people import Door
from .rehearsals import Rehearsals
from .responder import Responder
from .roster import BUS, keepers, role_arn
from .runbooks import Runbooks
from .spoke import Spoke

SCHEDULED = {"sweep": Duration.minutes(5), "doctor": Duration.days(1), "rehearse": Duration.days(1)}
"""How often what runs by the clock."""


class CustodyStack(Stack):
    """The record, in the responder's Region: bucket, tables, keys; and the canary."""

    def __init__(self, scope: Construct, ident: str, given: Parameters) -> None:
        super().__init__(scope, ident, env=Environment(account=given.account, region=given.region), termination_protection=True)
        users = _recorders(given)
        readers = [role_arn(given.account, "rehearse")] if given.rehearse_account else []
        bucket_in(self, given, given.region)
        Custody(self, "Custody", users=users, readers=readers)
        Canary(self, "Canary", account=given.account, region=given.region, accounts=given.accounts)


class SecondCustodyStack(Stack):
    """The same record once more, in another Region under the same law."""

    def __init__(self, scope: Construct, ident: str, given: Parameters) -> None:
        env = Environment(account=given.account, region=given.second_region)
        super().__init__(scope, ident, env=env, termination_protection=True)
        bucket_in(self, given, given.second_region)
        Canary(self, "Canary", account=given.account, region=given.second_region, accounts=given.accounts)


def bucket_in(stack: Stack, given: Parameters, region: str) -> CustodyBucket:
    """Custody's bucket of one Region, under its name of convention."""
    name = f"codeblue-custody-{given.account}-{region}"
    return CustodyBucket(stack, "Record", name=name, days=given.retention_days, writers=_recorders(given))


def _recorders(given: Parameters) -> list[str]:
    """Who writes the record: the functions that work with custody, and the people who may on a bad night."""
    return [*(role_arn(given.account, name) for name in keepers(sign_in=given.sign_in)), *given.people]


class ResponderStack(Stack):
    """What works: functions, state machine, the way in, the door for decisions, and how people get to know."""

    def __init__(self, scope: Construct, ident: str, given: Parameters, code: lambda_.Code, policy: lambda_.Code) -> None:
        super().__init__(scope, ident, env=Environment(account=given.account, region=given.region), termination_protection=True)
        key = _key(self, given)
        page = DecisionPage(self, "Page", given=given, key=key) if given.sign_in else None
        responder = Responder(self, "Responder", given=given, key=key, code=code, policy=policy, told=page.told if page else {})
        live = {name: each.live for name, each in responder.functions.items()}
        intake = Intake(self, "Intake", accounts=given.accounts, key=key, ingest=responder.functions["ingest"])
        for name, often in ((name, often) for name, often in SCHEDULED.items() if name in live):
            target = targets.LambdaFunction(live[name], dead_letter_queue=responder.functions[name].dead)
            events.Rule(self, f"{name.capitalize()}s", schedule=events.Schedule.rate(often), targets=[target])
        self._tell(given, key, responder, intake, page)
        if page:
            page.serve(live["page"])
            CfnOutput(self, "PageUrl", value=f"{page.url}/cases")
            CfnOutput(self, "SignInUrl", value=page.sign_in.domain)
        for name, function in (("Decisions", "decide"), ("Desk", "desk")):
            door = Door(self, name, function=live[function], approvers=given.approvers)
            CfnOutput(self, f"{name}Url", value=door.url.url)
        home = Home(partition_of(given.region), given.account, given.region, key.key_arn)
        Runbooks(self, "Runbooks", home=home, role=responder.books, functions=live, approvers=given.approvers)
        if given.rehearse_account == given.account:
            Rehearsals(self, "Rehearsals", given=given)
        CfnOutput(self, "StateMachine", value=responder.machine.state_machine_arn)

    def _tell(self, given: Parameters, key: kms.Key, responder: Responder, intake: Intake, page: DecisionPage | None) -> None:
        pages = Pages(self, "Pages", key=key, email=given.email)
        for name, each in responder.functions.items():
            pages.watch(of_function(name, each.function, each.dead))
        pages.watch(of_logs(each.log for each in responder.functions.values()))
        for name in ("doctor", "rehearse"):
            if name in responder.functions:
                pages.watch(of_visits(name, responder.functions[name].function))
        pages.watch(of_workflow(responder.machine))
        pages.watch(of_intake(intake.queue, intake.dead, intake.rule))
        if page:
            pages.watch(of_page(page.api, page.log))
        notify = responder.functions["notify"]
        pages.tell(responder.machine, notify.live, notify.dead)
        if given.paging.call_list:
            pages.pass_on(notify.live)
        pages.show({name: each.function for name, each in responder.functions.items()}, responder.machine)


def _key(stack: Stack, given: Parameters) -> kms.Key:
    """The key of queues, logs and pages, and the services that use it on our behalf ("Encrypt log data", "SNS key management")."""
    key = kms.Key(
        stack,
        "Key",
        alias="alias/codeblue",
        enable_key_rotation=True,
        pending_window=Duration.days(30),
        removal_policy=RemovalPolicy.RETAIN,
    )
    within = {"StringEquals": {"aws:SourceAccount": given.account}}
    logs = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:*:logs:{given.region}:{given.account}:log-group:*"}}
    who = {f"logs.{given.region}.amazonaws.com": logs, "cloudwatch.amazonaws.com": within, "events.amazonaws.com": within}
    for service, conditions in who.items():
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey"],
                resources=["*"],
                conditions=conditions,
            )
        )
    return key


class SpokeStack(Stack):
    """What another account lets the responder do."""

    def __init__(self, scope: Construct, ident: str, given: Parameters, account: str) -> None:
        super().__init__(scope, ident, env=Environment(account=account, region=given.region), termination_protection=True)
        Spoke(self, "Spoke", home=given.account, external_id=given.external_id, sign_in=given.sign_in)
        if given.rehearse_account == account:
            Rehearsals(self, "Rehearsals", given=given)


class GuardrailsStack(Stack):
    """What not even an account's administrator does; in the organisation's management account, where somebody asks for it."""

    def __init__(self, scope: Construct, ident: str, given: Parameters) -> None:
        env = Environment(account=given.management, region=IAM_REGION)
        super().__init__(scope, ident, env=env, termination_protection=True)
        policy = Policy.read(given.policy_text())
        who = trusted(policy, given.account, given.accounts, given.deployers, partition_of(given.region))
        service, resource = service_control(who), resource_control(who, policy)
        Guardrails(self, "Guardrails", service=service, resource=resource, targets=given.guarded)


class ForwardingStack(Stack):
    """What an account tells the responder of one Region."""

    def __init__(self, scope: Construct, ident: str, given: Parameters, account: str, region: str) -> None:
        super().__init__(scope, ident, env=Environment(account=account, region=region), termination_protection=True)
        bus = f"arn:{self.partition}:events:{given.region}:{given.account}:event-bus/{BUS}"
        Forwarding(self, "Forwarding", bus=bus, region=region)
