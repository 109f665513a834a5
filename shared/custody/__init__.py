"""The custody record: who did what, when and why, in a form that an outsider can check without trusting us."""
