"""What a person does about what no action of ours reaches: by the playbook that the rule calls for."""

from .rule import Playbook

NEXT: dict[Playbook, str] = {
    Playbook.KEY_TAMPERING: "look at the key's policy, grants and state, take back what is not yours, and stop who did it",
    Playbook.EXPOSURE: "close it to everybody outside, then look in its log who has read it",
    Playbook.EXFILTRATION: "disable the identity and everything that it holds, and close the store's network",
    Playbook.RANSOM: "stop the identity, and keep versions and backups from being deleted",
    Playbook.PERSISTENCE: "disable what was made, and who made it",
    Playbook.CREDENTIALS: "disable the credential, and look what was done with it",
    Playbook.EVASION: "switch the log on again, and look what was done meanwhile",
    Playbook.BACKUPS: "lock what backups are left, and stop the identity",
    Playbook.SECRETS: "replace the secrets that were read, and stop who read them",  # pragma: allowlist secret
    Playbook.ROOT: "sign in as root, change the password, delete root's access keys, and look what was done",
    Playbook.DISCOVERY: "look who it is, and what else they did",
}
"""Playbook, and what to do first."""
