"""Embedded clouds for drills and tests."""
