"""What importing costs a new worker before any alert can be read: CPU of the fence's path beside bare boto3 with the same clients.

Each row is a fresh interpreter, the best of some, less what the bare interpreter takes. Both boto3 and the fence make the clients
that a fence uses, for that is where SDKs read their service descriptions. `made`: the same with the clients made.
"""

import os
import subprocess
import sys
from dataclasses import dataclass

ROUNDS = 5
SERVICES = ("sts", "dynamodb", "kms", "s3", "guardduty", "iam", "s3control", "cloudtrail")
"""The services that a worker asks between the alert and the last write of the fence."""

ADAPTERS = ("cases", "clients", "custody_places", "directory", "evidence", "identities", "keyring", "notifier", "signer", "sinks")
FENCE = "; ".join(
    (
        "import shared.bootstrap, shared.workflow.local, shared.workflow.taking_in",
        *(f"import shared.adapters.aws.{name}" for name in (*ADAPTERS, "sources", "world")),
    )
)
BOTO3 = "import boto3; session = boto3.Session()"
MADE = f"; [session.client(name) for name in {SERVICES}]"
OURS_MADE = f"; session = boto3.Session(){MADE}"
ENVIRONMENT = {
    **os.environ,
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",  # pragma: allowlist secret
    "AWS_DEFAULT_REGION": "us-east-1",
}
CPU = "; import resource; u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to import, as code."""

    what: str
    code: str


ROWS = (
    Row("boto3", BOTO3),
    Row(f"boto3 with {len(SERVICES)} clients", BOTO3 + MADE),
    Row("codeblue's fence path", f"{FENCE}; import boto3"),
    Row(f"codeblue's fence path with {len(SERVICES)} clients", f"{FENCE}; import boto3{OURS_MADE}"),
)


def seconds(code: str) -> float:
    """CPU seconds of a fresh interpreter that runs this and ends, the best of `ROUNDS`."""
    return min(_once(code) for _ in range(ROUNDS))


def _once(code: str) -> float:
    return float(subprocess.check_output([sys.executable, "-c", code + CPU], env=ENVIRONMENT, text=True))


def main() -> None:
    """Print the table."""
    bare = seconds("pass")
    taken = {row.what: seconds(row.code) - bare for row in ROWS}
    for what, cpu in taken.items():
        print(f"{what:44s}{cpu * 1000:8.0f} ms CPU")
    boto3, with_clients, fence, fence_with_clients = taken.values()
    print(f"ours is {fence / boto3:.1f} times bare boto3, and {fence_with_clients / with_clients:.2f} times boto3 with the clients")


if __name__ == "__main__":
    main()
