"""Symbols in plans, and the keys that they come to stand for."""

from shared.adapters.memory.world import MemoryWorld
from shared.containment.succession import bound, successions
from shared.domain.case import Scope, Succession
from shared.domain.facet import EncryptedWith, PolicyStatement, Successor
from shared.domain.plan import Change
from shared.domain.resource import Ref
from tests.hospital import CHARTS, KEY, REPLICA, VAULT

NEW = KEY.but(id=f"{KEY.id}-new")
KNOWN = (Succession(old=KEY, new=NEW),)


def change(target: Ref, after: EncryptedWith | PolicyStatement) -> Change:
    return Change(target=target, after=after, action="repoint", why="why", citation="164.312")


def test_a_key_without_a_successor_in_this_case_has_none() -> None:
    world = MemoryWorld()
    world.put(KEY, Successor(case="cb-other", key="arn:other"))
    assert successions("cb-1", Scope(keys=(KEY,)), world) == ()


def test_a_successor_is_found_by_the_case() -> None:
    world = MemoryWorld()
    world.put(KEY, Successor(case="cb-1", key=NEW.id), Successor(case="cb-2", key="arn:other"))
    assert successions("cb-1", Scope(keys=(KEY, REPLICA)), world) == KNOWN


def test_a_key_that_can_not_be_read_has_no_successor_yet() -> None:
    world = MemoryWorld()
    world.put(KEY, Successor(case="cb-1", key=NEW.id))
    world.unreachable.add(KEY.account)
    assert successions("cb-1", Scope(keys=(KEY,)), world) == ()


def test_a_symbol_becomes_the_key_in_value_and_target() -> None:
    repointed = change(CHARTS, EncryptedWith(key=KEY.successor.id, bucket_key=True))
    admitted = change(KEY.successor, PolicyStatement(sid="Codeblue0000000009", body=None))
    assert bound([repointed, admitted], KNOWN) == (
        change(CHARTS, EncryptedWith(key=NEW.id, bucket_key=True)),
        change(NEW, PolicyStatement(sid="Codeblue0000000009", body=None)),
    )


def test_what_names_no_symbol_stays_as_it_is() -> None:
    plain = change(VAULT, PolicyStatement(sid="Codeblue0000000006", body=None))
    assert bound([plain], KNOWN) == (plain,)


def test_what_waits_for_a_key_that_does_not_exist_is_left_out() -> None:
    waiting = change(CHARTS, EncryptedWith(key=REPLICA.successor.id))
    assert bound([waiting], KNOWN) == ()
