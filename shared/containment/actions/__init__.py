"""The actions, by name. Adding one is: write its module, add its line."""

from shared.containment.action import Action

from . import (
    block_customer_keys,
    block_public_access,
    deactivate_keys,
    deactivate_new_keys,
    deny_all,
    enforce_ownership,
    fence_key,
    fence_new_sessions,
    fence_session,
    fence_store,
    freeze_trust,
    keep_versions,
    protect_log,
    protect_vault,
    remove_assignment,
    remove_console,
    restore_key,
    restrict_key,
    restrict_store,
    resume_trail,
    revoke_access_grants,
    revoke_grants,
    revoke_sessions,
    suspend_lifecycle,
    suspend_replication,
    unshare,
)

MODULES = (
    resume_trail,
    protect_log,
    protect_vault,
    fence_session,
    revoke_sessions,
    deny_all,
    deactivate_keys,
    deactivate_new_keys,
    fence_new_sessions,
    freeze_trust,
    remove_assignment,
    remove_console,
    fence_key,
    restrict_key,
    revoke_grants,
    restore_key,
    fence_store,
    restrict_store,
    block_public_access,
    enforce_ownership,
    block_customer_keys,
    keep_versions,
    suspend_replication,
    suspend_lifecycle,
    revoke_access_grants,
    unshare,
)

ACTIONS: dict[str, Action] = {module.ACTION.name: module.ACTION for module in MODULES}
"""Every action, in the order in which reports and `codeblue actions` list them."""
