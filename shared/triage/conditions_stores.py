"""Does it take data away, or make it unreadable? Stores, copies, expiry, keys that are not ours."""

import re
from collections.abc import Callable, Iterator

from shared.intake.fact import Fact, mentions
from shared.intake.tolerant import flag, folded, items, number, text, within

type Home = frozenset[str]

CUSTOMER_KEY = b"x-amz-server-side-encryption-customer-algorithm"
SSE_KEY = "xamzserversideencryptionawskmskeyid"

SHORT_DAYS = 7
"""An expiry within a week takes the data before a weekly look finds it gone."""

NOTE = re.compile(
    r"(?i)(ransom|files?[-_ ](deleted|encrypted|locked|stolen)|(how|read)[-_ ]?(to|me)[-_ ](decrypt|restore|recover)"
    r"|decrypt[-_ ](instructions|files)"
    r"|recover[-_ ]your|your[-_ ]files|pay[-_ ]?(bitcoin|btc))"
)
"""What notes of ransom are called."""

NOTE_WORDS = (b"ransom", b"file", b"decrypt", b"restore", b"recover", b"bitcoin", b"btc")
"""One of these is in each of them."""

LOG_PREFIX = re.compile(r"(?:^|/)(AWSLogs|CloudTrail|elasticloadbalancing|vpcflowlogs)/")

LOG_MARKS = (b"awslogs", b"cloudtrail", b"elasticloadbalancing", b"vpcflowlogs")


def customer_key(fact: Fact, _: Home) -> bool:
    """SSE-C: encrypted with a key that the caller keeps."""
    return not isinstance(fact.request, dict) and CUSTOMER_KEY in bytes(fact.request)


def foreign_key(fact: Fact, home: Home) -> bool:
    """Encrypted with a key of another account."""
    if not mentions(fact.request, b"arn:"):
        return False
    arn = text(fact.asked.get(SSE_KEY)) or text(_default_key(fact))
    account = arn.split(":")[4] if arn.startswith("arn:") and arn.count(":") > 4 else ""  # noqa: PLR2004  the fifth field of an ARN
    return bool(account and home and account not in home)


def _default_key(fact: Fact) -> object:
    rules = within(fact.asked, "serversideencryptionconfiguration", "rule") or within(
        fact.asked, "serversideencryptionconfiguration", "rules"
    )
    found = (within(rule, "applyserversideencryptionbydefault", "kmsmasterkeyid") for rule in items(rules))
    return next(found, "")


def _customer_or_foreign_key(fact: Fact, home: Home) -> bool:
    return customer_key(fact, home) or foreign_key(fact, home)


def health_data(fact: Fact, _: Home) -> bool:
    """Not a log file: `AWSLogs/…` is no patient's."""
    return not mentions(fact.request, *LOG_MARKS) or not LOG_PREFIX.search(text(fact.asked.get("key")))


def _log_files(fact: Fact, _: Home) -> bool:
    return bool(LOG_PREFIX.search(text(fact.asked.get("key"))))


def _ransom_note(fact: Fact, _: Home) -> bool:
    return mentions(fact.request, *NOTE_WORDS) and bool(NOTE.search(text(fact.asked.get("key")).rpartition("/")[2]))


def _replicates_outside(fact: Fact, home: Home) -> bool:
    rules = within(fact.asked, "replicationconfiguration", "rule") or within(fact.asked, "replicationconfiguration", "rules")
    accounts = {text(within(rule, "destination", "account")) for rule in items(rules)}
    return bool(accounts - {""} - home) if home else False


def expires_soon(fact: Fact, _: Home) -> bool:
    """An enabled lifecycle rule that removes objects or their versions within days."""
    whole = within(fact.asked, "lifecycleconfiguration")
    rules = within(whole, "rule") or within(whole, "rules")
    return any(_soon(folded(rule)) for rule in items(rules))


def _soon(rule: dict[str, object]) -> bool:
    if text(rule.get("status")).lower() != "enabled":
        return False
    days = (within(rule, "expiration", "days"), within(rule, "noncurrentversionexpiration", "noncurrentdays"))
    return any(0 < number(each) <= SHORT_DAYS for each in days)


def versions_off(fact: Fact, _: Home) -> bool:
    """Versioning suspended, or deletion without a second factor allowed."""
    wanted = folded(within(fact.asked, "versioningconfiguration"))
    return text(wanted.get("status")).lower() in {"suspended", "disabled"} or text(wanted.get("mfadelete")).lower() == "disabled"


def _bypasses_lock(fact: Fact, _: Home) -> bool:
    return flag(fact.asked.get("xamzbypassgovernanceretention")) or flag(fact.asked.get("bypassgovernanceretention"))


def _deletes_versions(fact: Fact, _: Home) -> bool:
    return bool(text(fact.asked.get("versionid")))


def block_weakened(fact: Fact, _: Home) -> bool:
    """Any of the four switches of Block Public Access is off."""
    wanted = folded(within(fact.asked, "publicaccessblockconfiguration")) or fact.asked
    switches = ("blockpublicacls", "ignorepublicacls", "blockpublicpolicy", "restrictpublicbuckets")
    return any(name in wanted and not flag(wanted[name]) for name in switches)


def backups_off(fact: Fact, _: Home) -> bool:
    """No backups are kept any more, nothing stops a deletion, or it goes without a last snapshot."""
    asked = fact.asked
    kept = "backupretentionperiod" in asked and number(asked["backupretentionperiod"]) == 0
    unprotected = any(name in asked and not flag(asked[name]) for name in ("deletionprotection", "deletionprotectionenabled"))
    return kept or unprotected or _recovery_off(fact)


def _recovery_off(fact: Fact) -> bool:
    recovery = folded(within(fact.asked, "pointintimerecoveryspecification"))
    policy = text(within(fact.asked, "backuppolicy", "status")).upper()
    return ("pointintimerecoveryenabled" in recovery and not flag(recovery["pointintimerecoveryenabled"])) or policy in {
        "DISABLED",
        "DISABLING",
    }


def _without_last_snapshot(fact: Fact, _: Home) -> bool:
    asked = fact.asked
    return flag(asked.get("skipfinalsnapshot")) or flag(asked.get("skipfinalclustersnapshot"))


def copies_outside(fact: Fact, home: Home) -> bool:
    """A backup is copied into a vault of another account."""
    return any(account not in home for account in _vault_accounts(fact)) if home else False


def _vault_accounts(fact: Fact) -> Iterator[str]:
    for key in ("destinationbackupvaultarn", "destinationregionvaultarn"):
        arn = text(fact.asked.get(key))
        if arn.count(":") > 4:  # noqa: PLR2004  the fifth field of an ARN
            yield arn.split(":")[4]


def _new_password(fact: Fact, _: Home) -> bool:
    return "masteruserpassword" in fact.asked


CONDITIONS: dict[str, tuple[str, Callable[[Fact, Home], bool]]] = {
    "customer-or-foreign-key": ("the object is encrypted with a key that is not the account's", _customer_or_foreign_key),
    "foreign-key": ("the key is of another account", foreign_key),
    "health-data": ("it is no log file, which is no patient's", health_data),
    "log-files": ("it is a log file", _log_files),
    "ransom-note": ("the object is named like a note of ransom", _ransom_note),
    "replicates-outside": ("a destination is another account's", _replicates_outside),
    "expires-soon": ("objects are removed within a week", expires_soon),
    "versions-off": ("older versions are kept no more, or can be deleted with one factor", versions_off),
    "bypasses-lock": ("a retention is bypassed", _bypasses_lock),
    "deletes-versions": ("a version is deleted for good", _deletes_versions),
    "block-weakened": ("a switch against public access is off", block_weakened),
    "backups-off": ("backups or the protection from deletion are switched off", backups_off),
    "without-last-snapshot": ("nothing is kept of it", _without_last_snapshot),
    "copies-outside": ("the destination vault is another account's", copies_outside),
    "new-password": ("the master password is replaced", _new_password),
}
