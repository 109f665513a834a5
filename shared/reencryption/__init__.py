"""Re-encryption: every stored version under the successor key, and the proof of it: list, decide, act, prove.

`migrate.migrate` moves, `verify.verify` proves. Nothing is imported here: who makes the calls alone (`asking`) needs no record.
"""
