"""Triage: what a fact means for health data, whether to act on it, and which breach it belongs to."""
