"""Re-encryption: every stored version under the successor key, and the proof of it: list, decide, act, prove."""

from .by_job import ByJob
from .by_map import ByMap
from .migrate import migrate
from .plan import Canary, Migration
from .result import MigrationResult, Progress, Proof
from .verify import verify

__all__ = ["ByJob", "ByMap", "Canary", "Migration", "MigrationResult", "Progress", "Proof", "migrate", "verify"]
