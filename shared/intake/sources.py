"""Every source that is read: by which keys its records are known, and what reads them. The first row that fits counts.

A parser is named and not imported: the fence's own path reads two sources and must start quickly.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import NamedTuple

from .fact import Fact
from .tolerant import Document, folded, text
from .wrappings import Unreadable


class Shape(NamedTuple):
    """Records that have all these keys (folded), any of `one_of`, and these words in these fields (in lower case)."""

    name: str
    parser: str
    keys: frozenset[str]
    one_of: frozenset[str] = frozenset()
    words: tuple[tuple[str, frozenset[str]], ...] = ()


def _shape(name: str, parser: str, keys: str, one_of: str = "", **words: str) -> Shape:
    fields = tuple((field, frozenset(choice.split("|"))) for field, choice in words.items())
    return Shape(name, parser, frozenset(keys.split()), frozenset(one_of.split()), fields)


DIRECTORY = (
    "usermanagement|groupmanagement|applicationmanagement|rolemanagement|directorymanagement"
    "|policy|authentication|device|authorization"
)
"""Categories of Entra's audit log, which some exports put in the place of `AuditLogs`."""

SIGN_INS = "signinlogs|noninteractiveusersigninlogs|serviceprincipalsigninlogs|managedidentitysigninlogs|adfssigninlogs"

RISKS = "userriskevents|riskyusers|serviceprincipalriskevents|riskyserviceprincipals"

STORAGE = "storageread|storagewrite|storagedelete"

BLOBS = "deleteblob|getblob|putblob|copyblob|putblock|putblocklist"

INCIDENT = "microsoft.securityinsights/incidents"

DEFENDER = "microsoft.security/locations/alerts|microsoft.security/alerts"

SHAPES: tuple[Shape, ...] = (
    _shape("an EventBridge pattern", "fact_notices:pattern", "detailtype", "", detailtype="[list]"),
    _shape("an EventBridge event", "fact_envelope:fact", "detailtype source detail"),
    _shape("an event for PutEvents", "fact_notices:put_event", "detailtype source"),
    _shape("an S3 notification", "fact_notices:s3_notice", "eventsource s3 eventname"),
    _shape("a CloudTrail insight", "fact_notices:insight", "insightdetails"),
    _shape("a CloudTrail record", "trail_record:fact", "eventsource eventname"),
    _shape("a CloudTrail record without its service", "trail_record:fact", "eventname useridentity"),
    _shape("a GuardDuty finding", "fact_guardduty:fact", "type severity accountid", "resource service detectorid"),
    _shape(
        "a Security Hub finding (ASFF)", "fact_securityhub:fact", "productarn", "generatorid findingproviderfields schemaversion"
    ),
    _shape("a Security Hub finding (ASFF)", "fact_securityhub:fact", "schemaversion generatorid awsaccountid"),
    _shape("an OCSF event", "fact_ocsf:fact", "classuid"),
    _shape("an OCSF event", "fact_ocsf:fact", "metadata classname"),
    _shape("a Macie finding", "fact_macie:fact", "resourcesaffected", "type category"),
    _shape(
        "an Access Analyzer finding",
        "fact_access_analyzer:fact",
        "resourcetype status",
        "analyzedat ispublic findingtype findingdetails",
    ),
    _shape("a CloudTrail digest file", "fact_notices:digest_file", "digests3bucket digestendtime"),
    _shape("CloudTrail's notice of a log file", "fact_notices:log_file_notice", "s3bucket s3objectkey"),
    _shape("an AWS Config rule's invocation", "fact_notices:config_item", "invokingevent"),
    _shape("an AWS Config notification", "fact_notices:config_item", "configurationitem"),
    _shape("an AWS Config notification", "fact_notices:config_item", "configurationitemsummary"),
    _shape("an AWS Config notification", "fact_notices:config_item", "configsnapshotid"),
    _shape("an AWS Config notification", "fact_notices:config_item", "messagetype notificationcreationtime"),
    _shape("a CloudWatch alarm", "fact_notices:alarm", "alarmname", "newstatevalue state alarmarn statevalue"),
    _shape("a CloudWatch alarm", "fact_notices:alarm", "alarmarn alarmdata"),
    _shape("an AWS Health event", "fact_notices:health", "eventtypecode"),
    _shape("an AWS Health event", "fact_notices:health", "event eventdescription"),
    _shape("an AWS Health event's resources", "fact_notices:health_entities", "entityvalue eventarn"),
    _shape("an S3 server access log", "fact_notices:access_log", "bucket operation remoteip"),
    _shape("an Azure Monitor alert", "fact_azure_alerts:common", "schemaid data"),
    _shape("an Azure Monitor alert", "fact_azure_alerts:common", "essentials alertcontext"),
    _shape("an Azure Monitor alert", "fact_azure_alerts:common", "alertcontext"),
    _shape("an Event Grid event", "fact_azure_alerts:event_grid", "eventtype data", "topic subject"),
    _shape("a CloudEvents event", "fact_azure_alerts:event_grid", "specversion source type"),
    _shape("a Microsoft Sentinel incident", "fact_azure_alerts:sentinel", "object"),
    _shape("a Microsoft Sentinel incident", "fact_azure_alerts:sentinel", "incidentnumber"),
    _shape("a Microsoft Sentinel incident", "fact_azure_alerts:sentinel", "type", "", type=INCIDENT),
    _shape("a Defender alert", "fact_azure_alerts:defender", "alertdisplayname"),
    _shape("a Defender alert", "fact_azure_alerts:defender", "systemalertid"),
    _shape("a Defender alert", "fact_azure_alerts:defender", "properties type", "", type=DEFENDER),
    _shape(
        "a Microsoft Graph alert", "fact_azure_alerts:graph", "title severity", "servicesource vendorinformation provideralertid"
    ),
    _shape("a Key Vault audit record", "fact_azure_data:key_vault", "operationname category", "", category="auditevent"),
    _shape("an Azure Storage log", "fact_azure_data:storage", "operationname category", "", category=STORAGE),
    _shape("an Azure Storage log", "fact_azure_data:storage", "operationname accountname", "statuscode statustext uri"),
    _shape("an Azure Storage log", "fact_azure_data:storage", "operationname", "", operationname=BLOBS),
    _shape("an Entra risk event", "fact_entra:risk", "category", "", category=RISKS),
    _shape("an Entra sign-in", "fact_entra:sign_in", "category", "", category=SIGN_INS),
    _shape("an Entra sign-in", "fact_entra:sign_in", "operationname", "", operationname="sign-in activity"),
    _shape("an Entra sign-in", "fact_entra:sign_in", "createddatetime appid status", "userprincipalname serviceprincipalid"),
    _shape("an Entra audit record", "fact_entra:audit", "category", "", category="auditlogs"),
    _shape("an Entra audit record", "fact_entra:audit", "operationname category", "", category=DIRECTORY),
    _shape("an Entra audit record", "fact_entra:audit", "activitydisplayname targetresources"),
    _shape("an Entra audit record", "fact_entra:audit", "operationname targetresources"),
    _shape("an Azure activity record", "fact_activity:fact", "operationname"),
    _shape("an Azure activity record", "fact_activity:fact", "operationnamevalue"),
    _shape("an API's answer", "fact_notices:api_answer", "responsemetadata"),
    _shape("a GuardDuty finding", "fact_guardduty:fact", "type resource", "id accountid"),
    _shape("a network's log", "fact_notices:network_log", "srcaddr dstaddr"),
    _shape("a network's log", "fact_notices:network_log", "webaclid"),
    _shape("a network's log", "fact_notices:network_log", "queryname", "srcids srcaddr vpcid"),
    _shape("a network's log", "fact_notices:network_log", "elb", "clientip targetip targetgrouparn"),
    _shape("a Kubernetes audit event", "fact_notices:cluster_log", "auditid verb"),
    _shape("a Microsoft 365 audit record", "fact_notices:office_log", "creationtime operation", "workload recordtype"),
    _shape("a confirmation", "fact_notices:confirmation", "subscribeurl token"),
    _shape("a confirmation", "fact_notices:confirmation", "event service", "", event="s3:testevent"),
    _shape("a bucket's policy, as the API shows it", "fact_notices:api_answer", "policy"),
    _shape("a CloudTrail record", "trail_record:fact", "eventname eventtime"),
    _shape("a CloudTrail record", "trail_record:fact", "eventversion useridentity"),
)
"""Tried in order."""


def fact_in(thing: object) -> Fact | Unreadable:
    """The fact in a peeled value, or why there is none. It does not fail on anything that JSON can say."""
    document = folded(thing)
    if not document:
        return Unreadable("no JSON object: a record has named fields")
    shape = recognised(document)
    if shape is None:
        return Unreadable("nothing that we know sends records of this shape")
    try:
        return _reader(shape.parser)(document)
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
        # A parser met a shape that nobody has seen; what it stumbled over may be health data and is not cited.
        return Unreadable(f"looks like {shape.name}, and its fields are of no form that we know")


def recognised(document: Document) -> Shape | None:
    """Whose record this is, by its keys and a few words alone."""
    return next((shape for shape in SHAPES if _fits(shape, document)), None)


def _fits(shape: Shape, document: Document) -> bool:
    if not shape.keys <= document.keys() or (shape.one_of and not shape.one_of & document.keys()):
        return False
    return all(_word(document.get(field)) in choice for field, choice in shape.words)


def _word(thing: object) -> str:
    if isinstance(thing, list):
        return "[list]"
    return (text(folded(thing).get("value")) if isinstance(thing, dict) else text(thing)).lower()


@cache
def _reader(name: str) -> Callable[[Document], Fact]:
    module, _, function = name.partition(":")
    found: Callable[[Document], Fact] = getattr(import_module(f"{__package__}.{module}"), function)
    return found
