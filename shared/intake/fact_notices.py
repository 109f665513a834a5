"""AWS notices without an envelope: alarms, Health's API, Config's topics, log files' own notices, access logs."""

from .fact import Fact
from .moments import seconds
from .objects_left_out import without_objects
from .pieces import first, place_of
from .tolerant import Document, folded, shown, text
from .trail_fact import INSIGHT


def alarm(document: Document) -> Fact:
    """A CloudWatch alarm as SNS carries it (`AlarmName`, `NewStateValue`) or as Lambda gets it (`alarmArn`, `alarmData`)."""
    state = first(document, "newstatevalue", "alarmdata.state.value", "state.value").upper()
    arn = first(document, "alarmarn")
    account, region = place_of((arn,))
    return Fact(
        source="alarm",
        event=first(document, "alarmname", "alarmdata.alarmname") or "alarm",
        id=arn,
        at=seconds(document.get("statechangetime")) or seconds(document.get("time")),
        account=first(document, "awsaccountid", "accountid") or account,
        region=region,
        closed="" if state == "ALARM" else f"the alarm's state is {shown(state or 'missing')}",
        request=dict(document),
    )


def health(document: Document) -> Fact:
    """An event of AWS Health's API, or of `PutEvents` in its form."""
    event = folded(document.get("event")) or dict(document)
    code = first(event, "eventtypecode") or "health event"
    over = first(event, "statuscode").lower() == "closed"
    return Fact(
        source="health",
        event=code,
        id=first(event, "arn", "eventarn"),
        at=seconds(event.get("lastupdatedtime")) or seconds(event.get("starttime")),
        account=first(document, "account", "awsaccountid"),
        region=first(event, "region", "eventregion"),
        closed="the health event is over" if over else "",
    )


def aside(source: str, event: str, why: str) -> Fact:
    """A record that is recognised and set aside."""
    return Fact(source=source, event=event, aside=why)


def put_event(document: Document) -> Fact:
    """What somebody would send with PutEvents: `Source`, `DetailType`, `Detail` as text."""
    inner = folded(document.get("detail"))
    if first(inner, "eventtypecode"):
        return health(inner | {"account": document.get("account")})
    return aside(
        "eventbridge", shown(text(document.get("detailtype"))), "an event to be sent, of no source that speaks of health data"
    )


def digest_file(_: Document) -> Fact:
    """A digest file of CloudTrail."""
    return aside("cloudtrail-digest", "digest", "a digest file: it proves that log files are whole, and tells of no call")


def log_file_notice(_: Document) -> Fact:
    """CloudTrail's own notice by SNS."""
    return aside("cloudtrail-notice", "new log file", "a notice that a log file was delivered: read the file itself")


def s3_notice(document: Document) -> Fact:
    """An S3 notification; the object's key is not kept, for it can name a patient."""
    bucket = first(document, "s3.bucket.arn")
    name = first(document, "eventname") or "notification"
    return Fact(
        source="s3-notification",
        event=shown(name),
        at=seconds(document.get("eventtime")),
        region=first(document, "awsregion"),
        resources=without_objects((bucket,)),
        aside="an object was written or removed; who did it stands in CloudTrail, whose log file it may be",
    )


def config_item(document: Document) -> Fact:
    """A notification or a rule's invocation of AWS Config."""
    kind = first(document, "messagetype", "configrulename") or "configuration item"
    return aside("config", shown(kind), "a configuration as AWS Config recorded it: a state, and nobody's act")


def insight(_: Document) -> Fact:
    """A CloudTrail insight."""
    return aside("cloudtrail", "insight", INSIGHT)


def pattern(_: Document) -> Fact:
    """An event pattern, which looks like an event."""
    return aside("eventbridge", "pattern", "a pattern that chooses events, and no event")


def access_log(document: Document) -> Fact:
    """One line of S3 server access logging, as a log store parsed it; the key is not kept."""
    bucket = first(document, "bucket")
    status = first(document, "httpstatus") or str(document.get("httpstatus", ""))
    return Fact(
        source="s3-access-log",
        event=first(document, "operation") or "request",
        id=first(document, "requestid"),
        at=seconds(document.get("time")),
        resources=without_objects((f"arn:aws:s3:::{bucket}" if bucket else "",)),
        failed=bool(first(document, "errorcode")) or status.startswith(("4", "5")),
        address=first(document, "remoteip"),
        aside="an S3 server access log: best effort and late; the calls stand in CloudTrail's data events",
    )


def health_entities(_: Document) -> Fact:
    """DescribeAffectedEntities' answer."""
    return aside("health", "affected entities", "the resources of a health event, without the event")


def api_answer(document: Document) -> Fact:
    """An answer of an AWS API without any fact in it: an empty list and `ResponseMetadata`."""
    keys = sorted(key for key in document if key not in {"responsemetadata", "nexttoken"})
    named = shown(", ".join(keys))
    return aside("aws-api", named, "an API's answer, without an event in it")


def network_log(document: Document) -> Fact:
    """Flow logs, firewalls' and load balancers' logs, names asked for: connections, and nobody's credentials."""
    name = first(document, "action", "queryname", "type") or "connection"
    return aside("network-log", shown(name), "a network's log: it shows connections, and nobody's credentials")


def cluster_log(document: Document) -> Fact:
    """A Kubernetes audit event: who did what inside a cluster."""
    return Fact(
        source="kubernetes",
        event=shown(first(document, "verb")),
        id=first(document, "auditid"),
        at=seconds(document.get("requestreceivedtimestamp")),
        aside="a cluster's own audit: it is judged by who runs the cluster; the cloud's calls stand in CloudTrail",
    )


def office_log(document: Document) -> Fact:
    """Microsoft 365's unified audit log."""
    return Fact(
        source="microsoft-365",
        event=shown(first(document, "operation")),
        id=first(document, "id"),
        at=seconds(document.get("creationtime")),
        aside="an office's audit record: mail and documents, and no store, key or identity of ours",
    )


def confirmation(_: Document) -> Fact:
    """What SNS sends first, and S3 when a notification is set up."""
    return aside("confirmation", "confirmation", "a transport that introduces itself, and no event")
