"""What a fact of Azure's is about: whom and what a case can be opened with."""

from shared.domain.actor import Actor, Credential
from shared.domain.errors import BadInput
from shared.domain.resource import Cloud, Kind
from shared.domain.signal import Source

from .azure_names import principal, ref
from .fact import Fact, Who
from .fact_about import About

SOURCES: dict[str, Source] = {
    "azure-activity": Source.AZURE_ACTIVITY,
    "azure-key-vault": Source.AZURE_KEY_VAULT,
    "azure-storage": Source.AZURE_STORAGE,
    "defender": Source.DEFENDER,
    "entra": Source.ENTRA,
    "sentinel": Source.SENTINEL,
}
"""A fact's source, and the signal's."""

KINDS = {
    Credential.ENTRA_USER: Kind.USER,
    Credential.ENTRA_GUEST: Kind.USER,
    Credential.SERVICE_PRINCIPAL: Kind.SERVICE_PRINCIPAL,
    Credential.MANAGED_IDENTITY: Kind.SERVICE_PRINCIPAL,
}


def about(fact: Fact) -> About:
    """What the fact is about. Raises BadInput where nothing could be contained by it."""
    actor = actor_of(fact.actor)
    resources = tuple(dict.fromkeys(each for name in fact.resources if (each := ref(name, fact.account))))
    if actor is None and not resources:
        raise BadInput("it names neither a user or application, nor a store's key, nor a store or vault")
    return About(Cloud.AZURE, SOURCES[fact.source], fact.account, "", actor, resources)


def actor_of(who: Who) -> Actor | None:
    """The actor by its lineage's keys (`oid:<id>`, `person:<name>`, `app:<id>`, `store-key:<store>[/<key>]`)."""
    if who.credential not in Credential:
        return None
    credential = Credential(who.credential)
    known = {kind: rest for key in reversed(who.keys) for kind, _, rest in [key.partition(":")]}
    if credential is Credential.STORE_KEY:
        held = known.get("store-key", "")
        return Actor(credential=credential, account="", access_key=held, unique_id=held) if held else None
    name = known.get("oid") or known.get("person") or (f"app:{known['app']}" if "app" in known else "")
    if credential not in KINDS or not name:
        return None
    return Actor(
        credential=credential,
        account="",
        principal=principal(KINDS[credential], name),
        unique_id=known.get("oid", ""),
        known_as=known.get("person", ""),
    )
