"""A migration on a real custody record: what is written verifies, goes on after a death, and names no patient."""

from contextlib import suppress

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.custody import MemoryKeyring, MemorySigner, MemorySink
from shared.custody.audit import audit
from shared.custody.record import Record
from shared.reencryption.lanes import Lane
from shared.reencryption.migrate import migrate
from shared.reencryption.verify import verify
from tests.doubles import Killed, Life, mortal
from tests.unit.reencryption import CHARTS, PLAN, UNDER_OLD, estate

CASE = "case-1"


def test_a_migration_is_on_a_record_that_verifies_and_names_nobody() -> None:
    objects, sink, second = estate(updates=False), MemorySink(), MemorySink("second")
    signer, keyring, clock = MemorySigner(), MemoryKeyring(), MemoryClock()
    for n in range(12):
        objects.write(CHARTS, f"ward/jane-doe-{n}", b"x" * (n * 4), UNDER_OLD)
    plan = PLAN.but(copy_limit=20, part=10, width=4)

    def resumed() -> Record:
        return Record.resume(CASE, (sink, second), signer, keyring, clock)

    with suppress(Killed):
        migrate(plan, mortal(objects, Life(30)), resumed(), clock)
    result = migrate(plan, objects, resumed(), clock)
    assert (result.finished, result.moved) == (True, {Lane.COPY: 6, Lane.MULTIPART: 6})
    record = resumed()
    proof = verify(plan, objects, record, clock)
    assert proof
    assert proof.done
    record.close({})
    assert audit(sink, CASE, signer.public_key(), second=second).findings == ()
    kept = b"".join(sink.get(path) for path in sink.list(CASE))
    assert b"jane-doe" not in kept
