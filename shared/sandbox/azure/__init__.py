"""An Azure with the real refusals, for the services' own unmodified clients."""
