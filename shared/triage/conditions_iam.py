"""Does it give somebody a second way in? Keys, logins, trust, permissions, sign-ins."""

import ipaddress
from collections.abc import Callable

from shared.domain.actor import Credential
from shared.intake.fact import Fact
from shared.intake.tolerant import flag, folded, items, text, within

from .policy_document import Reach, gives_everything, policies, principals, reach

type Home = frozenset[str]

ADMIN_POLICIES = (
    "AdministratorAccess",
    "IAMFullAccess",
    "PowerUserAccess",
    "AdministratorAccess-Amplify",
    "AWSOrganizationsFullAccess",
)
DATA_POLICIES = (
    "AmazonS3FullAccess",
    "AWSKeyManagementServicePowerUser",
    "SecretsManagerReadWrite",
    "AmazonRDSFullAccess",
    "AWSBackupFullAccess",
)

QUARANTINE = "AWSCompromisedKeyQuarantine"

QUARANTINE_WORDS = ("organizations:InviteAccountToOrganization", "lightsail:Create*")
"""In the policy that AWS itself put on users whose key had leaked, before it became a managed one."""

PORTAL = "Jersey/"
"""The user agent of Identity Center's portal."""


def for_another(fact: Fact, _: Home) -> bool:
    """The user is another than the caller."""
    target = text(fact.asked.get("username"))
    return bool(target) and target != fact.actor.name


def password_for_another(fact: Fact, home: Home) -> bool:
    """A password that its giver goes on knowing: the user need not change it at the first sign-in."""
    return for_another(fact, home) and not flag(fact.asked.get("passwordresetrequired"))


def _for_itself(fact: Fact, home: Home) -> bool:
    return not for_another(fact, home)


def admin(fact: Fact, _: Home) -> bool:
    """The permissions that are given are an administrator's, or all of a data service's."""
    arn = text(fact.asked.get("policyarn")).rpartition("/")[2]
    return arn in ADMIN_POLICIES or gives_everything(fact.asked)


def _data_power(fact: Fact, _: Home) -> bool:
    return text(fact.asked.get("policyarn")).rpartition("/")[2] in DATA_POLICIES


def quarantine(fact: Fact, _: Home) -> bool:
    """AWS has found the key somewhere public and tied the user down."""
    named = QUARANTINE in text(fact.asked.get("policyarn")) or text(fact.asked.get("policyname")).startswith(QUARANTINE)
    document = fact.asked.get("policydocument")
    return named or (isinstance(document, str) and all(word in document for word in QUARANTINE_WORDS))


def trusts_outside(fact: Fact, home: Home) -> bool:
    """The trust that is written lets everybody, another account or any identity of a provider assume the role."""
    asked = fact.asked
    document = {"policy": asked.get("assumerolepolicydocument") or asked.get("policydocument")}
    return reach(document, home) is not Reach.NOBODY


def trusts_provider(fact: Fact, _: Home) -> bool:
    """A web identity provider is trusted without saying whose identity."""
    for policy in policies({"policy": fact.asked.get("assumerolepolicydocument") or fact.asked.get("policydocument")}):
        for each in items(policy.get("statement")):
            statement = folded(each)
            names = principals(folded(statement.get("principal")).get("federated"))
            if any("oidc-provider" in name for name in names) and ":sub" not in str(statement.get("condition")):
                return True
    return False


def without_second_factor(fact: Fact, _: Home) -> bool:
    """A password alone opened the console: not where a provider or another session vouched for the person."""
    extra = fact.added
    if text(extra.get("mfaused")).lower() != "no" or text(extra.get("samlproviderarn")):
        return False
    return (fact.actor.credential == Credential.ROOT or ":user/" in fact.actor.text) and not fact.failed


def strange_token(fact: Fact, _: Home) -> bool:
    """A console token for a session's credentials, asked for by a program that is not the portal."""
    return bool(fact.agent) and not fact.agent.startswith((PORTAL, "Mozilla/", "signin.", "console.")) and not fact.actor.service


def catch_all(fact: Fact, _: Home) -> bool:
    """Not by their names, as a program does that knows what it needs, and by no filter that holds anything back."""
    values = [text(each) for entry in items(fact.asked.get("filters")) for each in items(folded(entry).get("values"))]
    return not items(fact.asked.get("secretidlist")) and all(value.startswith("!") for value in values)


def _decrypts(fact: Fact, _: Home) -> bool:
    return flag(fact.asked.get("withdecryption"))


def _user_data(fact: Fact, _: Home) -> bool:
    return text(fact.asked.get("attribute")).lower() == "userdata" or "userdata" in fact.asked


def _sets_default(fact: Fact, _: Home) -> bool:
    return flag(fact.asked.get("setasdefault")) and gives_everything(fact.asked)


def _layers(fact: Fact, _: Home) -> bool:
    return bool(fact.asked.get("layers")) or bool(within(fact.answered, "layers"))


def is_public(address: str) -> bool:
    """An address of the Internet; a service's name is none."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


CONDITIONS: dict[str, tuple[str, Callable[[Fact, Home], bool]]] = {
    "for-another": ("it is for another user than the caller", for_another),
    "password-for-another": ("another user's password is set, which the user need not change", password_for_another),
    "for-itself": ("it is for the caller", _for_itself),
    "admin": ("it gives an administrator's permissions", admin),
    "data-power": ("it gives all permissions of a service that holds data", _data_power),
    "quarantine": ("AWS has found the key in public and ties the user down", quarantine),
    "trusts-outside": ("everybody or another account may assume the role", trusts_outside),
    "trusts-provider": ("any identity of a web provider may assume the role", trusts_provider),
    "without-second-factor": ("a password alone opened the console", without_second_factor),
    "strange-token": ("a program that is not the portal asked for it", strange_token),
    "catch-all": ("no name and no filter holds anything back", catch_all),
    "decrypts": ("the values come decrypted", _decrypts),
    "user-data": ("it is about an instance's user data", _user_data),
    "sets-default-admin": ("the new version is in force at once and gives everything", _sets_default),
    "layers": ("layers are put in", _layers),
}
