"""What a policy declares of the organisation, and what no change may touch."""

from collections.abc import Sequence

from shared.containment.estate import Estate, Tenant
from shared.containment.guard import Protected
from shared.domain.errors import NotReady
from shared.domain.resource import Kind, Ref
from shared.settings import Policy


def estate(policy: Policy, homes: frozenset[str], region: str) -> Estate:
    """What the policy declares of the organisation. Raises `NotReady` for a bucket or key that is no name, ARN or resource id."""
    home = min(homes, default="")
    tenants = tuple(
        Tenant(
            name=name,
            stores=frozenset(_declared(Kind.BUCKET, b, (*t.accounts, home)[0], region) for b in t.buckets),
            keys=frozenset(_declared(Kind.KEY, k, (*t.accounts, home)[0], region) for k in t.keys),
            principals=frozenset(t.principals),
        )
        for name, t in policy.tenants.items()
    )
    accounts = {*homes, *(a for t in policy.tenants.values() for a in t.accounts)}
    identities = tuple(frozenset(name.lower() for name in names) for names in policy.identities.values())
    return Estate(accounts=frozenset(accounts), tenants=tenants, identities=identities)


def _declared(kind: Kind, name: str, account: str, region: str) -> Ref:
    from shared.intake import azure_names
    from shared.intake.arn import Place, named

    found = azure_names.ref(name, account) if name.startswith(OF_AZURE) else named(kind, name, Place(account, region))
    if found is None or found.kind is not kind:
        raise NotReady(f"response.toml, [tenants]: {name} is no {kind}; give its name, ARN or resource id (an alias can be moved)")
    return found


OF_AZURE = ("/subscriptions/", "https://")
"""How names begin that only Azure gives: resource ids, and addresses of keys."""


def protected(policy: Policy, exempt: frozenset[str], place: Sequence[str]) -> Protected:
    """What no change may touch: ourselves, break-glass, custody (`place`), and what the policy names."""
    named = frozenset(policy.protected.principals)
    ids = frozenset(n for n in named if not n.startswith(("arn:", *OF_AZURE)))
    resources = frozenset({*policy.protected.resources, *place, *(named - ids)})
    return Protected(ids=exempt | ids, resources=frozenset(n.lower() if n.startswith(OF_AZURE) else n for n in resources))
