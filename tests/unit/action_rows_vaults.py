"""What the actions on key vaults, and on what principals hold there, are shown, and how much they propose."""

from shared.domain.actor import Credential
from shared.domain.facet import (
    Membership,
    NetworkRules,
    Ownership,
    PurgeProtection,
    RoleAssigned,
    RoleByGroup,
    RoleEligible,
    VaultAccess,
)
from shared.domain.resource import Ref
from shared.domain.uses import Use, Used
from shared.intake.azure_names import ref
from tests.hospital import ALERT
from tests.unit.action_rows import Row
from tests.unit.action_rows_doors import ADDED, BY_KEY, BY_SECRET, PROGRAM, SUBSCRIPTION, THIEF

_VAULT = ref(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/keys")
assert _VAULT
VAULT: Ref = _VAULT

ENTRY = VaultAccess(vault=VAULT.id, spec="{}", present=True)
GIVEN = ADDED.but(given=((PROGRAM.id, ENTRY.part),))

LATENT = RoleEligible(role="/roles/r", scope="/s", present=True)
ENDING = RoleAssigned(assignment="", role="/roles/r", scope="/s", until="2030-01-01T00:00:00Z", created=ALERT, present=True)
SCHEDULED = ADDED.but(given=((PROGRAM.id, "r /s"),))
WAITING = ADDED.but(given=((PROGRAM.id, "eligible r /s"),))

BY_RULE = RoleByGroup(group="ward", assignment="", role="/roles/r", scope="/s", present=True)

HEADS, OWNS = Membership(group="heads", present=True), Ownership(of="a", present=True)
JOINED = ADDED.but(given=((PROGRAM.id, "heads"), (PROGRAM.id, "a")))

US = Use(credential=Credential.SERVICE_PRINCIPAL, holder="AROAUS", place="203.0.113.7")
OFFICER = Use(credential=Credential.ENTRA_USER, holder="officer", place="203.0.113.8")
SEEN = Used(store=VAULT, known=True, uses=(US, OFFICER), against=(THIEF,))
AT_VAULT = BY_SECRET.but(vaults=(VAULT,), used=(SEEN,))
OPEN = NetworkRules(closed=False, services=False)

VAULTS = {
    "a quarantined principal's entries of vaults go": Row("remove-vault-access", PROGRAM, (ENTRY,), BY_SECRET),
    "those of others stay": Row("remove-vault-access", PROGRAM, (ENTRY,), BY_KEY, 0),
    "one that the actor added goes alone": Row("remove-vault-access", PROGRAM, (ENTRY, ENTRY.but(vault=f"{VAULT.id}2")), GIVEN),
    "roles that wait to be activated go": Row("remove-eligible-roles", PROGRAM, (LATENT,), BY_SECRET),
    "nobody else's do": Row("remove-eligible-roles", PROGRAM, (LATENT,), BY_KEY, 0),
    "one that the actor made eligible goes alone": Row(
        "remove-eligible-roles", PROGRAM, (LATENT, LATENT.but(scope="/other")), WAITING
    ),
    "who had it active, and was made eligible for it, keeps it": Row("remove-roles", PROGRAM, (ENDING,), WAITING, 0),
    "who may activate it, and was given it active, may go on": Row("remove-eligible-roles", PROGRAM, (LATENT,), SCHEDULED, 0),
    "a role for a time that the actor gave goes alone": Row(
        "remove-roles", PROGRAM, (ENDING, ENDING.but(scope="/other")), SCHEDULED
    ),
    "a quarantined user leaves its groups": Row("remove-memberships", PROGRAM, (HEADS,), BY_SECRET),
    "whom the actor put into a group leaves that one": Row("remove-memberships", PROGRAM, (HEADS, HEADS.but(group="h")), JOINED),
    "a role by a group that a rule fills goes from the group": Row(
        "remove-group-roles", PROGRAM, (BY_RULE, BY_RULE.but(scope="/t")), BY_SECRET, 2
    ),
    "others have what their groups have": Row("remove-group-roles", PROGRAM, (BY_RULE,), BY_KEY, 0),
    "a quarantined owner owns nothing": Row("remove-ownerships", PROGRAM, (OWNS,), BY_SECRET),
    "whom the actor made an owner owns that no more": Row("remove-ownerships", PROGRAM, (OWNS, OWNS.but(of="b")), JOINED),
    "others own what they own": Row("remove-ownerships", PROGRAM, (OWNS,), BY_KEY, 0),
    "a vault that the actor came to is closed to strangers' networks": Row("restrict-vault-network", VAULT, (OPEN,), AT_VAULT),
    "one that it never came to is left": Row(
        "restrict-vault-network", VAULT, (OPEN,), AT_VAULT.but(used=(SEEN.but(visited=False),)), 0
    ),
    "nothing is said before it is known who uses it": Row("restrict-vault-network", VAULT, (OPEN,), AT_VAULT.but(used=()), 0),
    "a vault that keeps the actor out is left": Row(
        "restrict-vault-network", VAULT, (OPEN.but(closed=True, addresses=("203.0.113.0/24",)),), AT_VAULT, 0
    ),
    "a vault's deleted keys can be purged no more": Row("protect-from-purge", VAULT, (PurgeProtection(on=False),), AT_VAULT),
    "where nobody can purge them nothing is done": Row("protect-from-purge", VAULT, (PurgeProtection(on=True),), AT_VAULT, 0),
}
