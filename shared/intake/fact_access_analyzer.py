"""IAM Access Analyzer: what somebody outside can reach (EventBridge detail, ListFindings, ListFindingsV2)."""

from .fact import Fact
from .moments import seconds
from .objects_left_out import without_key, without_objects
from .pieces import any_flag, first, place_of
from .tolerant import Document, text

SOURCE = "access-analyzer"

CLOSED = {
    "RESOLVED": "the access is gone",
    "ARCHIVED": "somebody archived the finding: the access is intended",
    "DELETED": "the analyzer or the resource is gone",
}


def fact(document: Document) -> Fact:
    """One finding. `public`: everybody; otherwise somebody by name."""
    resource = first(document, "resource", "resourcearn")
    status = text(document.get("status")).upper()
    account = first(document, "resourceowneraccount", "accountid") or place_of((resource,))[0]
    aside = "access that nobody uses: hygiene, and no event" if "unused" in text(document.get("findingtype")).lower() else ""
    return Fact(
        source=SOURCE,
        event=text(document.get("resourcetype")) or "external access",
        id=first(document, "id"),
        at=seconds(document.get("updatedat")) or seconds(document.get("analyzedat")) or seconds(document.get("createdat")),
        account=account,
        region=place_of((resource,))[1],
        resources=without_objects((without_key(resource),)),
        closed="the access is gone" if any_flag(document, "isdeleted") else CLOSED.get(status, ""),
        aside=aside,
        request={"public": any_flag(document, "ispublic"), "principal": document.get("principal")},
    )
