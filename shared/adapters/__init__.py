"""One package for each cloud behind the ports; they never meet."""
