"""Does it let somebody else in? Policies, grants, shares, access lists."""

from collections.abc import Callable, Iterator

from shared.intake.fact import Fact, mentions
from shared.intake.tolerant import flag, folded, items, text, within

from .policy_document import ACCOUNT, Reach, of_names, reach

type Home = frozenset[str]

EVERYBODY = frozenset({"all", "*", "everyone", "public"})

PUBLIC_LISTS = frozenset(
    {"public-read", "public-read-write", "authenticated-read", "publicread", "publicreadwrite", "authenticatedread"}
)
"""Canned access control lists that let everybody in (S3 user guide, "Canned ACL"); the last is every AWS account."""

PUBLIC_GROUPS = ("groups/global/AllUsers", "groups/global/AuthenticatedUsers")

EVERYBODYS_WORDS = (b"public", b"authenticated", b"allusers")
"""One of these is in each of them."""


NO_DOORS = frozenset(
    {
        "CreateVpcEndpoint",
        "ModifyVpcEndpoint",
        "SimulateCustomPolicy",
        "SimulatePrincipalPolicy",
        "ValidatePolicy",
        "CheckNoPublicAccess",
    }
)
"""Calls whose policy opens no resource: an endpoint's says what may pass through it, others only ask."""


def opens(fact: Fact, home: Home) -> bool:
    """The policy that is written lets everybody or another account in."""
    if fact.reads or fact.event in NO_DOORS or not mentions(fact.request, b"statement"):
        return False
    return reach(fact.asked, home | {fact.account} - {""}) is not Reach.NOBODY


def _opens_to_all(fact: Fact, home: Home) -> bool:
    return reach(fact.asked, home) is Reach.WORLD


def grants_outside(fact: Fact, home: Home) -> bool:
    """A KMS grant whose grantee is another account's principal."""
    grantee = text(fact.asked.get("granteeprincipal"))
    found = ACCOUNT.fullmatch(grantee)
    return bool(found and home and found[1] not in home)


def shares_outside(fact: Fact, home: Home) -> bool:
    """A snapshot, image, document or vault is shared with all or with another account; taking a share back is benign."""
    return any(name in EVERYBODY or (name.isdigit() and name not in home) for name in _added(fact))


def _added(fact: Fact) -> Iterator[str]:
    asked = fact.asked
    for path in (("createvolumepermission", "add"), ("launchpermission", "add")):
        for each in items(within(asked, *path, "items")) or items(within(asked, *path)):
            yield from (text(value).lower() for key, value in folded(each).items() if key in {"group", "userid"})
    for key in ("valuestoadd", "accountidstoadd", "accountwithrestoreaccess", "sharedwith", "userids", "usergroups", "accountid"):
        if key in {"userids", "usergroups"} and text(asked.get("operationtype")).lower() == "remove":
            continue
        yield from _names(asked.get(key))


def _names(thing: object) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing.lower()
    elif isinstance(thing, dict):
        yield from _names(folded(thing).get("items") or folded(thing).get("value") or folded(thing).get("attributevalue"))
    elif isinstance(thing, list):
        for each in thing:
            yield from _names(each)


def principal_outside(fact: Fact, home: Home) -> bool:
    """`AddPermission` and the like: `principal`, `awsAccountIds` or `principals` name everybody or another account."""
    asked = fact.asked
    if text(asked.get("principal")) == "*" and (text(asked.get("principalorgid")) or text(asked.get("functionurlauthtype"))):
        return text(asked.get("functionurlauthtype")).upper() == "NONE"
    names = frozenset(
        name
        for key in ("principal", "principals", "awsaccountids", "aWSAccountIds", "accountids")
        for name in _names(asked.get(key.lower()))
    )
    return of_names(frozenset(n.removeprefix("account/") for n in names), home) is not Reach.NOBODY


def lists_everybody(fact: Fact, _: Home) -> bool:
    """An access control list for everybody, canned or written out."""
    if not mentions(fact.request, *EVERYBODYS_WORDS):
        return False
    asked = fact.asked
    canned = {name for key in ("xamzacl", "acl", "accesscontrollist") for name in _names(asked.get(key))}
    return bool(canned & PUBLIC_LISTS) or any(group in str(asked) for group in PUBLIC_GROUPS)


LOG_DELIVERY = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"  # pragma: allowlist secret
"""The canonical user by which CloudFront and others write logs (CloudFront developer guide, "Standard logging")."""


def lists_another(fact: Fact, _: Home) -> bool:
    """An access control list names another account: a grantee that is not the owner."""
    policy = within(fact.asked, "accesscontrolpolicy")
    owner = text(within(policy, "owner", "id"))
    grants = within(policy, "accesscontrollist", "grant") or within(policy, "grants")
    grantees = {text(within(each, "grantee", "id")) for each in items(grants)} - {"", LOG_DELIVERY}
    return bool(owner and grantees - {owner})


def public_database(fact: Fact, _: Home) -> bool:
    """A database is made reachable from the Internet; what came back may say so too."""
    return flag(fact.asked.get("publiclyaccessible")) or flag(fact.answered.get("publiclyaccessible"))


def _asks_public_database(fact: Fact, _: Home) -> bool:
    return flag(fact.asked.get("publiclyaccessible"))


def _url_for_all(fact: Fact, _: Home) -> bool:
    return text(fact.asked.get("authtype")).upper() == "NONE"


def _made_public(fact: Fact, _: Home) -> bool:
    return "public" in text(fact.asked.get("projectvisibility")).lower()


def external_share(fact: Fact, home: Home) -> bool:
    """A resource share that names another account."""
    names = frozenset(_names(fact.asked.get("principals")))
    return of_names(names, home) is not Reach.NOBODY


CONDITIONS: dict[str, tuple[str, Callable[[Fact, Home], bool]]] = {
    "opens": ("the policy that is written lets everybody or another account in", opens),
    "opens-to-all": ("the policy that is written lets everybody in", _opens_to_all),
    "grants-outside": ("the grant's grantee is of another account", grants_outside),
    "shares-outside": ("it is shared with all or with another account", shares_outside),
    "principal-outside": ("the permission names everybody or another account", principal_outside),
    "lists-everybody": ("the access control list lets everybody in", lists_everybody),
    "lists-another": ("the access control list names another account", lists_another),
    "public-database": ("the database can be reached from the Internet", public_database),
    "asks-public-database": ("the database shall be reached from the Internet", _asks_public_database),
    "url-for-all": ("the function's address needs no credentials", _url_for_all),
    "made-public": ("the project is made public", _made_public),
    "external-share": ("the share names another account", external_share),
}
