"""What the approval of a fence covers, while the actor fights back."""

from collections.abc import Collection

from pydantic import AwareDatetime, PositiveInt

from .actor import Lineage
from .plan import Change
from .resource import Ref
from .value import Value, digest


class Envelope(Value):
    """Approving a fence approves these actions on whatever the same lineage holds or creates, within caps, until expiry.

    `resources` are the stores, keys and trails that the approval names. Principals are covered when they are of the lineage,
    which sweeps may lengthen: `cap` bounds how many principals that may be.
    """

    case: str
    lineage: Lineage
    resources: frozenset[Ref]
    actions: frozenset[str]
    cap: PositiveInt
    expires: AwareDatetime

    @property
    def digest(self) -> str:
        content = self.model_dump(mode="json")
        content["lineage"] = self.lineage.root.model_dump(mode="json")
        content["resources"] = sorted(content["resources"], key=digest)
        content["actions"] = sorted(content["actions"])
        return digest(content)

    def covers(self, change: Change, lineage: Lineage, now: AwareDatetime, entered: Collection[Ref] = ()) -> bool:
        """Whether `change` lies inside. `lineage` is the case's own as it is now: it must descend from the approved root.

        `entered` are roles of others that the lineage holds sessions of, or has opened to itself.
        """
        if now >= self.expires or change.action not in self.actions or lineage.root != self.lineage.root:
            return False
        principals = lineage.principals
        return (
            change.target in self.resources
            or change.target in entered
            or (change.target in principals and len(principals) <= self.cap)
        )
