"""Key policies: what PutKeyPolicy, CreateKey and ReplicateKey accept (KMS developer guide, "Key policies in AWS KMS")."""

from collections.abc import Mapping

from shared.sandbox.aws.authoriser import Named, Policies, Request, decide
from shared.sandbox.aws.cloud import Ask, Cloud
from shared.sandbox.aws.policies import collect
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.resource_policies import InvalidPrincipal, bind, document, statements

MAX_BYTES = 32 * 1024

LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."


def malformed(sentence: str) -> Refusal:
    """The refusal of a policy document that KMS cannot take."""
    return Refusal("MalformedPolicyDocumentException", sentence)


def accept(cloud: Cloud, ask: Ask, key_arn: str, text: str, *, bypass: bool) -> None:
    """Raise the refusal of a key policy: too long, malformed, naming nobody, or locking its writer out."""
    if len(text.encode()) > MAX_BYTES:
        raise Refusal("LimitExceededException", f"The key policy is longer than {MAX_BYTES} bytes.")
    try:
        policy = document(text)
        bind(policy, cloud.history)
    except InvalidPrincipal as invalid:
        raise malformed("Policy contains a statement with one or more invalid principals.") from invalid
    except ValueError as unreadable:
        raise malformed("The new key policy is not valid JSON.") from unreadable
    if not all(map(_is_complete, statements(policy))) or not statements(policy):
        raise malformed("Policy contains a statement with a missing element.")
    if not bypass and not _keeps_writer(cloud, ask, key_arn, Named("key policy", policy)):
        raise malformed(LOCKED_OUT)


def _is_complete(statement: Mapping[str, object]) -> bool:
    return (
        statement.get("Effect") in ("Allow", "Deny")
        and ("Principal" in statement or "NotPrincipal" in statement)
        and ("Action" in statement or "NotAction" in statement)
        and ("Resource" in statement or "NotResource" in statement)
    )


def _keeps_writer(cloud: Cloud, ask: Ask, key_arn: str, policy: Named) -> bool:
    """The lock-out safety check: whoever writes the policy must be able to write it again, by the new policy."""
    caller = ask.caller
    held = collect(cloud, caller, "kms", "*", ask.account)
    policies = Policies(identity=held.identity, resource=policy, boundary=held.boundary, session=held.session, scps=held.scps)
    return decide(Request(caller.principal, "kms:PutKeyPolicy", key_arn, ask.account, ask.context), policies).allowed
