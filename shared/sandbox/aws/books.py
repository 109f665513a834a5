"""What the smaller services know and moto does not: recovery points, access grants, provisioned permission sets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Books:
    """Facts by place; made anew when the sandbox is reset.

    recovery_points: by (account, Region, vault), in the API's form, planted by a scenario.
    access_grants: by account, then by grant id; an account without an entry has no Access Grants instance.
    behind: accounts whose reserved role has an older policy than its permission set, by the set's ARN.
    jobs: Identity Center's asynchronous jobs, by id: the answer to give when it is asked for.
    batch_jobs: jobs of S3 Batch Operations, by id: what was asked, and how it stands.
    map_runs: executions of Distributed Maps, by ARN: what was asked, and how they stand.
    functions: what Lambda runs in a Distributed Map, by the function's name; whoever has the code puts it here.
    """

    recovery_points: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    access_grants: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    behind: dict[str, set[str]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    batch_jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    map_runs: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
