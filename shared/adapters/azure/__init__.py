"""Azure: what the core asks for, over the services' own clients."""
