"""Macie findings: policy findings and sensitive data found (Macie user guide, Findings schema)."""

from .fact import Fact
from .moments import seconds
from .objects_left_out import without_objects
from .pieces import first, severity_of
from .tolerant import Document, flag, text, within

SOURCE = "macie"


def fact(document: Document) -> Fact:
    """One finding. What was found in an object is never read, only that its bucket is open to others."""
    bucket = within(document, "resourcesaffected", "s3bucket")
    name = first(bucket, "arn") or (f"arn:aws:s3:::{label}" if (label := first(bucket, "name")) else "")
    return Fact(
        source=SOURCE,
        event=text(document.get("type")) or "Macie finding",
        id=first(document, "id"),
        at=seconds(document.get("updatedat")) or seconds(document.get("createdat")),
        account=text(document.get("accountid")),
        region=text(document.get("region")),
        resources=without_objects((name, first(bucket, "defaultserversideencryption.kmsmasterkeyid"))),
        sample=flag(document.get("sample")),
        closed="the finding is archived" if flag(document.get("archived")) else "",
        severity=severity_of(first(document, "severity.description") or within(document, "severity", "score")),
        request={
            "permission": first(bucket, "publicaccess.effectivepermission"),
            "shared": first(document, "policydetails.actor.useridentity.type") or first(bucket, "sharedaccess"),
        },
    )
