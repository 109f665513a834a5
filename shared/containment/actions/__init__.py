"""The table of containment actions, one module each."""
