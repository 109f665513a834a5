"""What each function's role may do at home, written out: custody, its own queue and log, paging, entering other accounts.

Generated from what the adapters declare. Where the responder's own account is one of those it responds for, the power's permissions
stand here as well.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from shared.adapters.aws import canaries, custody_places, executions, identities, levels, notifier, objects, runbooks
from shared.adapters.aws.clients import spoke_of
from shared.adapters.aws.permissions import CUSTODY_KEYS, Statement, allow, custody, document, runs
from shared.adapters.aws.powers import policies
from shared.adapters.aws.rehearsal_rights import ENTERED
from shared.domain.call_list import Paging
from shared.settings import CustodyPlaces
from shared.workflow.stages import Power

from .roster import MACHINE, POSTS, TOPIC, dead_of, log_of


class Home(NamedTuple):
    """Where the responder is, and the ARN of the key of its queues and logs."""

    partition: str
    account: str
    region: str
    key: str

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"


WORKFLOW = {
    "ingest": executions.START | executions.ANSWER,
    "ask": executions.ANSWER,
    "decide": executions.ANSWER,
    "desk": executions.START | executions.ANSWER,
    "page": executions.ANSWER,
    "sweep": executions.START | executions.LIST,
}
"""What functions do with the state machine."""

READS_RUNBOOKS = frozenset(runbook.function for runbook in runbooks.RUNBOOKS.values())
"""Functions that runbooks call."""

CALLS = {"notify": levels.SENDS, "doctor": levels.LOOKS}
"""What functions do with the other topics of the call list. They alone read what is kept of its webhooks."""

NOBODY = Paging()
PLACES = CustodyPlaces()

RECEIVES = frozenset({"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"})
INTAKE_QUEUE = "codeblue-intake"


LOOKS_ONLY = (
    frozenset({"s3:GetBucketObjectLockConfiguration", "s3:GetObject", "s3:ListBucket", "s3:ListBucketVersions"}),
    frozenset({"dynamodb:GetItem", "dynamodb:Scan"}),
    frozenset({"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:GetPublicKey"}),
)
"""What looking at cases and their records takes, of custody's buckets, table of cases and keys.

Who opens a case's secrets asks for new ones beside (`keyring`); kept they are not, for no row is written.
"""


def duties(name: str, home: Home, accounts: Collection[str], paging: Paging = NOBODY, rehearsed: str = "") -> dict[str, str]:
    """The managed policies (JSON) of one function's role, by a word for each.

    `paging`: whom the call list has; `rehearsed`: the account of the rehearsals.
    """
    post = POSTS[name]
    found = {"run": document(*_runs(name, home), *_calls(name, home, paging))}
    if name == "rehearse":
        found["enter"] = document(*_rehearses(home, rehearsed or home.account))
    if post.keeps:
        found |= {"record": document(*_records(home)), "enter": document(*_enters(post.power, home, accounts))}
        found |= policies(post.power) if home.account in accounts else {}
    return found


def _runs(name: str, home: Home) -> Iterator[Statement]:
    """What every function needs to run at all, and its part in the workflow."""
    yield allow({"logs:CreateLogStream", "logs:PutLogEvents"}, home.arn("logs", f"log-group:{log_of(name)}:*"))
    yield allow({"sqs:SendMessage"}, home.arn("sqs", dead_of(name)))
    yield allow({"kms:Decrypt", "kms:GenerateDataKey"}, home.key)
    yield allow(notifier.PERMISSIONS, home.arn("sns", TOPIC))
    if name in WORKFLOW:
        yield allow(WORKFLOW[name], home.arn("states", f"stateMachine:{MACHINE}"))
    if name in READS_RUNBOOKS:
        yield allow(runbooks.PERMISSIONS, home.arn("ssm", "automation-execution/*"))
    if name == Power.MIGRATE.value:
        yield from runs(home.partition, home.region, home.account)
    if name == "ingest":
        yield allow(RECEIVES, home.arn("sqs", INTAKE_QUEUE))


def _calls(name: str, home: Home, paging: Paging) -> Iterator[Statement]:
    """The other topics and the secrets of the call list, for whoever passes pages on, and for whoever looks whether that works."""
    if name not in CALLS:
        return
    topics = sorted({level.to for level in paging.call_list if level.to.startswith("arn:")})
    secrets = sorted({home.arn("secretsmanager", f"secret:{level.secret}-??????") for level in paging.call_list if level.secret})
    if topics:
        yield {**allow(CALLS[name], ""), "Resource": topics}
    if secrets:
        yield {**allow(levels.READS, ""), "Resource": secrets}


def _records(home: Home) -> Iterator[Statement]:
    """Custody, and who is who at home."""
    bucket, table, keys, _ = custody()
    yield {**bucket, "Resource": f"arn:{home.partition}:s3:::codeblue-custody-{home.account}-*"}
    yield {**table, "Resource": home.arn("dynamodb", "table/codeblue-*")}
    yield {**keys, "Resource": _keys(home)}
    yield {**allow(custody_places.PERMISSIONS, _keys(home)), "Condition": CUSTODY_KEYS}
    yield _who_is_who(home)


def _rehearses(home: Home, account: str) -> Iterator[Statement]:
    """Custody to look at, and the role of the account that is rehearsed in."""
    files, rows, keys = LOOKS_ONLY
    yield allow(files, f"arn:{home.partition}:s3:::codeblue-custody-{home.account}-*")
    yield allow(rows, home.arn("dynamodb", f"table/{PLACES.table}"))
    yield {**allow(keys, _keys(home)), "Condition": CUSTODY_KEYS}
    yield allow({"sts:AssumeRole"}, f"arn:{home.partition}:iam::{account}:role/{ENTERED}")


def _enters(power: Power, home: Home, accounts: Collection[str]) -> Iterator[Statement]:
    """The power's own role in every other account; and for moving data, the canaries that are moved first."""
    roles = [f"arn:{home.partition}:iam::{account}:role/{spoke_of(power)}" for account in accounts if account != home.account]
    if roles:
        yield {**allow({"sts:AssumeRole", "sts:TagSession"}, ""), "Resource": roles}
    if power is Power.MIGRATE:
        stored = {action for action in objects.ACTIONS if action.startswith("s3:")}
        ours: Statement = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": canaries.KEY}}
        yield allow(stored, f"arn:{home.partition}:s3:::codeblue-canary-{home.account}-*")
        yield {**allow((objects.ACTIONS - stored) | canaries.PERMISSIONS, _keys(home)), "Condition": ours}
    if not roles and power is not Power.MIGRATE:
        yield _who_is_who(home)


def _who_is_who(home: Home) -> Statement:
    """Users and roles by name: of IAM's resources no wider pattern than one kind is taken ("IAM ARNs")."""
    named = [f"arn:{home.partition}:iam::{home.account}:{kind}/*" for kind in ("role", "user")]
    return {**allow(identities.PERMISSIONS, ""), "Resource": named}


def _keys(home: Home) -> str:
    return f"arn:{home.partition}:kms:*:{home.account}:key/*"
