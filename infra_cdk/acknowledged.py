"""Findings of the rule packs that are meant so, each with its reason: what is not written here stops the synthesis."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import Construct

HIPAA, SOLUTIONS = "HIPAA.Security", "AwsSolutions"


def acknowledge(construct: Construct, findings: Mapping[str, str]) -> None:
    """Let these findings (`<pack>-<rule>`, by reason) pass on this construct and what is in it."""
    for finding, reason in findings.items():
        pack = HIPAA if finding.startswith(HIPAA) else SOLUTIONS
        Validations.of(construct).acknowledge(Acknowledgment(id=f"{pack}::{finding}", reason=reason))
