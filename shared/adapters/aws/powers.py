"""What each power may do on AWS: the responder's permissions, taken apart by what the stages of a power change.

Every power looks at everything; it changes what the actions of its waves change, and no more. What reads stored data, or the log of
single requests, is given to the powers whose stages do that.
"""

from shared.adapters.aws import capacity, lambda_functions, notifier, objects, stored_secrets
from shared.adapters.aws.permissions import (
    Statement,
    allow,
    document,
    evidence_files,
    looking,
    migration,
    through,
    through_services,
)
from shared.adapters.aws.world import FACETS
from shared.workflow.powers import changed
from shared.workflow.stages import Power

READS_REQUESTS = frozenset({Power.OBSERVE, Power.ENFORCE, Power.RETIRE})
"""Powers whose stages read the files of trails: what was exposed, who still writes in the old way, who still uses the old key."""


def writes(power: Power) -> frozenset[str]:
    """The IAM actions with which the actions of the power's waves change things, and take them back."""
    return frozenset().union(*(FACETS[row].writes for row in changed(power) & FACETS.keys()))


def policies(power: Power) -> dict[str, str]:
    """The power's permissions on what it responds for, as managed policies (JSON) by a word for each; custody and paging aside."""
    own = (allow(writes(power) - looking(), "*"),) if writes(power) else ()
    found = {
        "look": document(allow(looking() - notifier.PERMISSIONS, "*")),
        **({"change": document(*own, *_keys_of_services(power))} if own else {}),
    }
    return found | {word: document(*statements) for word, statements in _data(power).items() if statements}


def _keys_of_services(power: Power) -> tuple[Statement, ...]:
    keys = stored_secrets.KEY_USE | lambda_functions.KEY_USE
    return (through_services(),) if power is Power.REKEY and keys else ()


def _data(power: Power) -> dict[str, tuple[Statement, ...]]:
    """What opens stored data. A proof looks at versions without reading them; S3 tells their checksums to those who may decrypt."""
    proof = (allow(objects.LOOKS | capacity.REQUESTS, "*"), through("s3", {"kms:Decrypt"})) if power is Power.OBSERVE else ()
    return {
        "move": migration() if power is Power.MIGRATE else (),
        "prove": proof,
        "evidence": evidence_files() if power in READS_REQUESTS else (),
    }
