"""The guardrails as policies of the organisation, attached to what they guard."""

from collections.abc import Sequence

from aws_cdk import aws_organizations as organizations
from constructs import Construct

from .guardrails import Document


class Guardrails(Construct):
    """Both policies, on these roots, organisational units or accounts; deployed where the organisation is managed."""

    def __init__(self, scope: Construct, ident: str, *, service: Document, resource: Document, targets: Sequence[str]) -> None:
        super().__init__(scope, ident)
        for kind, document in (("SERVICE", service), ("RESOURCE", resource)):
            organizations.CfnPolicy(
                self,
                kind.capitalize(),
                name=f"codeblue-{kind.lower()}",
                description="Keeps the fences of the incident responder, and the responder itself",
                type=f"{kind}_CONTROL_POLICY",
                content=document,
                target_ids=list(targets),
            )
