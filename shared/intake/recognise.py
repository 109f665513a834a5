"""Whose event is this? By its shape alone, so that what is not read yet is at least called by its name."""

from shared.domain.signal import Source

from .tolerant import Document, shown, text

SHAPES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"eventsource", "eventname"}), Source.CLOUDTRAIL),
    (frozenset({"eventtype", "insightdetails"}), Source.CLOUDTRAIL),
    (frozenset({"type", "severity", "resource", "accountid"}), Source.GUARDDUTY),
    (frozenset({"type", "severity", "service", "accountid"}), Source.GUARDDUTY),
    (frozenset({"schemaversion", "productarn", "awsaccountid"}), "an AWS Security Hub finding (ASFF)"),
    (frozenset({"classuid", "metadata"}), "an OCSF event (Security Hub, Security Lake)"),
    (frozenset({"digests3bucket", "digestendtime"}), "a CloudTrail digest file"),
    (frozenset({"s3bucket", "s3objectkey"}), "CloudTrail's notice of a new log file"),
    (frozenset({"invokingevent", "configrulename"}), "an AWS Config rule invocation"),
    (frozenset({"configurationitem"}), "an AWS Config notification"),
    (frozenset({"alarmname"}), "a CloudWatch alarm"),
    (frozenset({"productarn", "findingproviderfields"}), "an AWS Security Hub finding (ASFF)"),
    (frozenset({"productarn", "generatorid"}), "an AWS Security Hub finding (ASFF)"),
    (frozenset({"relatedentities"}), "a Microsoft Sentinel incident"),
    (frozenset({"alarmarn", "alarmdata"}), "a CloudWatch alarm"),
    (frozenset({"eventtypecode", "eventtypecategory"}), "an AWS Health event"),
    (frozenset({"schemaid", "data"}), "an Azure Monitor alert"),
    (frozenset({"specversion", "source", "type"}), "a CloudEvents event"),
    (frozenset({"topic", "subject", "eventtype"}), "an Azure Event Grid event"),
    (frozenset({"vendorname", "alertdisplayname"}), "a Microsoft Defender alert"),
    (frozenset({"operationname", "category"}), "an Azure activity, sign-in or resource log"),
    (frozenset({"operationname", "caller"}), "an Azure activity log"),
)
"""Keys (folded) that an event of this source has. The first row that fits counts."""


def recognise(document: Document) -> str:
    """The source's name: a `Source` where it is read, words for people where it is not, empty where nothing is known."""
    if detail_type := text(document.get("detailtype")):
        return f'the EventBridge event "{shown(detail_type)}" of {shown(text(document.get("source")))}'
    if "s3" in document and text(document.get("eventsource")) == "aws:s3":
        return "an S3 event notification"
    return next((name for keys, name in SHAPES if keys <= document.keys()), "")
