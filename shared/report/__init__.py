"""The evidence pack, for people."""
