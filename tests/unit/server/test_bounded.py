"""A bounded map keeps what was used last."""

from __future__ import annotations

from dragoman_server.bounded import BoundedMap


def filled(most: int, *keys: str) -> BoundedMap[str, int]:
    entries: BoundedMap[str, int] = BoundedMap(most)
    for number, key in enumerate(keys):
        entries.put(key, number)
    return entries


def test_the_oldest_is_evicted_for_a_new_one() -> None:
    assert list(filled(2, "a", "b", "c").items()) == [("b", 1), ("c", 2)]


def test_what_is_read_or_written_again_is_the_last_to_be_evicted() -> None:
    entries = filled(2, "a", "b")
    assert entries.get("a") == 0
    entries.put("c", 5)
    entries.put("a", 6)
    entries.put("d", 7)
    assert list(entries.items()) == [("a", 6), ("d", 7)]


def test_an_unknown_key_has_no_value_and_takes_no_place() -> None:
    entries = filled(2, "a")
    assert (entries.get("b"), len(entries)) == (None, 1)
