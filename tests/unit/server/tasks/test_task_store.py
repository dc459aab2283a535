from __future__ import annotations

from dragoman_server.config import ResultsConfig
from dragoman_server.tasks.task import Task
from dragoman_server.tasks.task_store import TaskStore
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage
from dragoman_wire.events import ResultUnknown
from tests.unit.server.core import a_run


def a_task(name: str, size: int = 0) -> Task:
    made = Task(key=(None, name), request_type="translation")
    made.begin(a_run("pt"))
    made.remember(encode_header(ResultUnknown(task_id=name), Codec.JSON), [b"x" * size], "pt")
    return made


def test_a_finished_task_is_known_for_its_time_and_then_forgotten() -> None:
    clock = [0.0]
    store = TaskStore(ResultsConfig(keep_s=10), lambda: clock[0])
    one = a_task("one")
    store.begin(one)
    store.end(one, keep=True)
    clock[0] = 9.9
    assert store.get((None, "one")) is one
    clock[0] = 10.1
    assert store.get((None, "one")) is None
    assert (len(store), store.bytes) == (0, 0)


def test_the_oldest_leaves_first_when_the_room_is_used_up() -> None:
    store = TaskStore(ResultsConfig(keep_s=10, bytes=6000), lambda: 0.0)
    for name in ("one", "two", "three"):
        made = a_task(name, size=1000)
        store.begin(made)
        store.end(made, keep=True)
    assert [name for name in ("one", "two", "three") if store.get((None, name))] == ["two", "three"]


def test_a_task_in_flight_is_known_however_long_it_takes() -> None:
    clock = [0.0]
    store = TaskStore(ResultsConfig(keep_s=1), lambda: clock[0])
    one = a_task("one")
    store.begin(one)
    clock[0] = 1000.0
    assert store.get((None, "one")) is one


def test_a_task_that_no_peer_can_name_is_not_kept() -> None:
    store = TaskStore(ResultsConfig(), lambda: 0.0)
    one = a_task("one")
    store.begin(one)
    store.end(one, keep=False)
    assert len(store) == 0


def test_new_work_is_what_was_not_asked_for_or_failed_in_a_way_that_may_pass() -> None:
    one = a_task("one")
    one.begin(a_run("fr", "xx", "de"))
    one.outcomes |= {"pt": None, "fr": EngineFailed("crash"), "xx": UnsupportedLanguage("never")}
    assert one.wanting(["pt", "fr", "xx", "de", "es"]) == ["fr", "es"]


def test_what_was_said_of_a_failure_is_void_once_it_is_tried_again() -> None:
    one = a_task("one")
    one.outcomes["pt"] = EngineFailed("crash")
    one.begin(a_run("pt"))
    assert one.events == []
    assert "pt" not in one.outcomes
