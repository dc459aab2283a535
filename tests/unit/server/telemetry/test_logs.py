"""What a line looks like, and what never is in it."""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal

import pytest
import structlog

from dragoman_server.config import ServerConfig
from dragoman_server.telemetry.lines import AcceptedLine, FinishedLine
from dragoman_server.telemetry.logs import Logs

MARKER = "what the peer said"


class Written:
    """Logs to a file."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self._path = path
        self.stream: TextIOWrapper = path.open("w")
        self.logs = Logs(ServerConfig(**settings), self.stream)

    def lines(self) -> list[str]:
        """All of them, once the writer has ended."""
        self.logs.close()
        self.stream.close()
        return self._path.read_text().splitlines()

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Logging as it was before, for the other tests."""
    handlers, level = list(logging.root.handlers), logging.root.level
    # Where another test has left warnings captured, `captureWarnings` would do nothing.
    show = warnings.showwarning
    logging.captureWarnings(capture=False)
    warnings.showwarning = show
    yield
    logging.captureWarnings(capture=False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_a_document_with_the_event_its_level_and_its_time(tmp_path: Path) -> None:
    written = Written(tmp_path / "log", log_format="json")
    log = structlog.get_logger()
    log.info("engine.ready", worker="speech-0", path=Path("x"))
    log.debug("nothing")
    (line,) = written.documents()
    timestamp = line.pop("timestamp")
    assert line == {"event": "engine.ready", "worker": "speech-0", "path": "x", "level": "info"}
    assert len(timestamp) == len("2026-11-22T17:20:36.098276Z")


def test_the_level_can_be_changed_for_loggers_that_are_there(tmp_path: Path) -> None:
    written = Written(tmp_path / "log", log_format="json", log_level="error")
    log = structlog.get_logger()
    log.warning("unheard")
    assert (written.logs.says("warning"), written.logs.says("error")) == (False, True)
    written.logs.configure(ServerConfig(log_format="json", log_level="debug"))
    log.debug("heard")
    assert written.logs.says("debug")
    assert [line["event"] for line in written.documents()] == ["heard"]


def test_people_get_a_line_of_text(tmp_path: Path) -> None:
    written = Written(tmp_path / "log", log_format="console")
    structlog.get_logger().info("engine.ready", worker="speech-0")
    (line,) = written.lines()
    assert "[info     ] engine.ready" in line
    assert line.endswith("worker=speech-0")


def finished(**fields: Any) -> FinishedLine:
    given: dict[str, Any] = {
        "event": "task.finished",
        "type": "translation",
        "lane": "translation",
        "task_id": "t-1",
        "status": "completed",
        "events": 1,
        "queue_ms": 0.4,
        "compute_ms": 37.4,
        "publish_ms": 0.2,
        "level": "info",
        "timestamp": "2026-11-22T17:20:36.098276Z",
        "reply_to": "alice",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    return FinishedLine(**given | fields)


def accepted() -> AcceptedLine:
    return AcceptedLine(
        event="task.accepted",
        type="translation",
        lane="translation",
        task_id="t-1",
        priority="normal",
        level="info",
        timestamp="2026-11-22T17:20:36.098276Z",
    )


def test_people_get_one_short_line_for_a_task(tmp_path: Path) -> None:
    written = Written(tmp_path / "log", log_format="console")
    failed = {"status": "failed", "error_code": "engine_failed", "error": "the model\x1b[2J failed " + "x" * 200}
    written.logs.write_whole(
        [
            accepted(),
            finished(),
            finished(type="audio_process", queue_ms=1200.0, compute_ms=3800.0, task_id="t" * 100, reply_to=None),
            finished(**failed),
        ]
    )
    good, long, bad = written.lines()
    assert good[8:] == "  translation    completed    38 ms  t-1  alice"
    assert long[8:] == f"  voice message  completed    5.0 s, waited 1.2 s  {'t' * 35}…"
    assert bad[8:].startswith(
        "  translation    failed       38 ms  t-1  alice  engine_failed: the model\\x1b[2J failed"
    )
    assert max(map(len, (good, long))) <= 100
    assert "\x1b" not in bad


def test_a_line_for_a_machine_has_everything(tmp_path: Path) -> None:
    written = Written(tmp_path / "log", log_format="json")
    written.logs.write_whole([accepted(), finished()])
    begun, ended = written.documents()
    assert (begun["event"], ended["event"]) == ("task.accepted", "task.finished")
    assert (ended["traceparent"], ended["compute_ms"]) == (finished().traceparent, 37.4)


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("content", [False, True])
def test_an_exception_is_told_without_its_words_unless_these_are_wanted(
    tmp_path: Path, form: Literal["json", "console"], content: bool
) -> None:
    written = Written(tmp_path / "log", log_format=form, log_content=content)
    text = MARKER
    try:
        raise ValueError(text)
    except ValueError:
        structlog.get_logger().exception("task.fault", task_id="t")
    told = "\n".join(written.lines())
    assert "ValueError" in told
    assert "test_logs.py" in told
    assert (MARKER in told) is content


def test_what_libraries_say_is_an_event_without_what_they_fill_in(tmp_path: Path) -> None:
    written = Written(tmp_path / "log", log_format="json")
    library = logging.getLogger("some.library")
    library.warning("cannot do %s", MARKER)
    library.error(MARKER)
    library.info("unheard")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(MARKER, stacklevel=1)
    lines = written.documents()
    assert [(line["event"], line["level"], line["library"]) for line in lines] == [
        ("library.said", "warning", "some.library"),
        ("library.said", "error", "some.library"),
        ("library.said", "warning", "py.warnings"),
    ]
    assert lines[0]["sentence"] == "cannot do %s"
    assert lines[0]["where"].startswith("test_logs.py:")
    assert MARKER not in json.dumps(lines)


def test_a_line_that_cannot_be_written_is_counted(tmp_path: Path) -> None:
    unread, stream = os.pipe()
    with os.fdopen(stream, "w") as pipe:
        logs = Logs(ServerConfig(log_format="json"), pipe)
        for number in range(50_000):
            logs.write("info", {"event": "flood", "number": number})
        assert logs.dropped > 0
        os.close(unread)
        logs.close()


HOSTILE = "id\x1b[2J\x9b31m\u202e\x7f\r\n2026-01-01 [error] forged event=x"


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("way", ["structlog", "fields", "whole", "event"])
def test_what_peers_send_steers_no_terminal_and_forges_no_line(
    tmp_path: Path, form: Literal["json", "console"], way: str
) -> None:
    written = Written(tmp_path / "log", log_format=form)
    if way == "structlog":
        structlog.get_logger().info("task.finished", task_id=HOSTILE, ids=[HOSTILE], by={HOSTILE: HOSTILE})
    elif way == "event":
        structlog.get_logger().info(HOSTILE)
    elif way == "fields":
        written.logs.write("info", {"event": "task.finished", "task_id": HOSTILE})
    else:
        line = FinishedLine(
            event="task.finished",
            type=HOSTILE,
            lane="translation",
            task_id=HOSTILE,
            status="completed",
            events=1,
            queue_ms=0.0,
            compute_ms=0.0,
            publish_ms=0.0,
            level="info",
            timestamp="now",
            reply_to=HOSTILE,
            error=HOSTILE,
        )
        written.logs.write_whole([line])
    [line_of_it] = written.lines()
    assert line_of_it.isprintable()
    assert "forged" in line_of_it
    if form == "json":
        assert HOSTILE in json.loads(line_of_it).values()


def test_an_exception_keeps_its_lines_and_steers_no_terminal(tmp_path: Path) -> None:
    written = Written(tmp_path / "log", log_format="console", log_content=True)
    text = HOSTILE
    try:
        raise ValueError(text)
    except ValueError:
        structlog.get_logger().exception("task.fault")
    lines = written.lines()
    assert len(lines) > 3
    assert all(line.isprintable() for line in lines)
