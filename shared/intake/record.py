"""CloudTrail records as they come (CloudTrail record contents; userIdentity element), tolerantly.

Seen in the wild: `userIdentity` absent or null, AWSService with only `invokedBy`, AssumedRole without `userName` or
`sessionIssuer`, a service's name for an address, `requestParameters` null, absent or "null", policies as text or object.
"""

from pydantic import Field

from .arn import Place
from .tolerant import Flag, Folded, Items, Loose, Moment, Text


class Issuer(Loose):
    """The user or role that a session was issued by (`sessionContext.sessionIssuer`)."""

    principal_id: Text = ""
    arn: Text = ""
    account_id: Text = ""
    user_name: Text = ""


class SessionContext(Loose):
    """How a temporary credential came to be."""

    session_issuer: Issuer = Issuer()
    web_id_federation_data: Folded = Field(default_factory=dict)
    ec2_role_delivery: Text = ""
    source_identity: Text = ""


class Identity(Loose):
    """Who called (`userIdentity`)."""

    type: Text = ""
    principal_id: Text = ""
    arn: Text = ""
    account_id: Text = ""
    access_key_id: Text = ""
    user_name: Text = ""
    invoked_by: Text = ""
    session_context: SessionContext = SessionContext()
    on_behalf_of: Folded = Field(default_factory=dict)


class Record(Loose):
    """One CloudTrail event. `request_parameters` and `response_elements` have folded keys at every level that is read."""

    event_id: Text = ""
    event_time: Moment = None
    event_type: Text = ""
    event_source: Text = ""
    event_name: Text = ""
    aws_region: Text = ""
    source_ip_address: Text = ""
    user_agent: Text = ""
    error_code: Text = ""
    error_message: Text = ""
    user_identity: Identity = Identity()
    request_parameters: Folded = Field(default_factory=dict)
    response_elements: Folded = Field(default_factory=dict)
    resources: Items = ()
    recipient_account_id: Text = ""
    request_id: Text = ""
    vpc_endpoint_id: Text = ""
    session_credential_from_console: Flag = False

    @property
    def account(self) -> str:
        """The account that recorded it, or else the caller's."""
        return self.recipient_account_id or self.user_identity.account_id

    @property
    def place(self) -> Place:
        return Place(self.account, self.aws_region)

    @property
    def failed(self) -> bool:
        """The call was refused or did not work; a failed console login has no error code."""
        return bool(self.error_code or self.error_message) or self.response_elements.get("consolelogin") == "Failure"

    @property
    def service(self) -> str:
        """The called service: `s3` of `s3.amazonaws.com`."""
        return self.event_source.partition(".")[0]
