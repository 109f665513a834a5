"""An AWS endpoint with the real refusals."""
