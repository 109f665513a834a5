"""
Every error that this program raises on purpose.

* CodeblueError
  + BadInput            what was given can not be read; nothing was done
  + NotReady            custody or configuration is missing; nothing was done
  + OutOfReach          the target is the responder, custody, break-glass or protected
  + NotApproved         no approval covers this digest
    - OwnRequest        whoever asks for what can not be undone does not approve it
  + LeaseLost           another worker holds the case
  + CustodyError
    - NotDurable        an entry could not be written to enough sinks
    - AlreadyRecorded   the place in the sequence is taken
    - Tampered          the record does not verify
  + CloudError          one call to a cloud failed
    - Refused           the cloud says no, and will say so again
      . Spared          what would be done reaches us or break-glass too; the rest goes on
    - Absent            the resource does not exist
    - Throttled         the cloud says later
    - Unreachable       no answer, no credentials, or no role there
    - Poisoned          the document as it stands can not be written back
    - DoesNotFit        the document would exceed the service's quota
    - NameTaken         a name that is one in the whole cloud is somebody else's
"""


class CodeblueError(Exception):
    """Base of all errors that a caller may handle."""


class BadInput(CodeblueError):
    """What was given can not be read; nothing was done and nothing is lost."""


class NotReady(CodeblueError):
    """Custody or configuration is missing; nothing was done."""


class OutOfReach(CodeblueError):
    """The target is the responder itself, custody, a break-glass identity, or protected by the policy."""


class NotApproved(CodeblueError):
    """No approval covers this digest."""


class OwnRequest(NotApproved):
    """Whoever asks for what can not be undone does not approve it: somebody else does."""


class LeaseLost(CodeblueError):
    """Another worker holds the case; this one must stop."""


class CustodyError(CodeblueError):
    """The custody record could not be kept or does not verify."""


class NotDurable(CustodyError):
    """An entry could not be written to enough sinks."""


class AlreadyRecorded(CustodyError):
    """The place in the sequence is taken: another writer was first."""


class Tampered(CustodyError):
    """The record does not verify; the message names the first thing that is wrong."""


class CloudError(CodeblueError):
    """One call to a cloud failed. `code` is the service's own; `request_id` is what the service's log shows."""

    def __init__(self, message: str, code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class Refused(CloudError):
    """The cloud says no, and asking again will not help: denied, unmodifiable, invalid."""


class Spared(Refused):
    """What would be done reaches us or break-glass too: that is a person's to do, and all else goes on."""


class Absent(CloudError):
    """The resource does not exist (any more)."""


class Throttled(CloudError):
    """The cloud says later."""


class Unreachable(CloudError):
    """No answer, no credentials, or no role of ours there."""


class Poisoned(CloudError):
    """The document as it stands can not be written back (a deleted principal in a policy)."""


class DoesNotFit(CloudError):
    """The document would exceed the service's quota."""


class NameTaken(Refused):
    """A name that can be there once in the whole cloud is somebody else's, or that of something deleted and still kept."""
