"""The ports, in memory."""
