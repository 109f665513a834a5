"""The table of stages and what drives it."""
