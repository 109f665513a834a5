"""Adapters that need no cloud: custody in a folder of this machine."""
