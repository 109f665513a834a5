"""AWS entry points, a few lines each."""
