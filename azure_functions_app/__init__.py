"""Azure entry points, a few lines each."""
