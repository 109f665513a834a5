"""The tamper-evident record: canonical bytes, hash chain, signed checkpoints, audit."""
