"""What each peer has in the journal is counted, from the request to the forgotten task."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dragoman_server.journal.blobs import BLOB_BYTES, FULL
from dragoman_server.journal.records import (
    AcceptedRow,
    EventRow,
    ForgottenRow,
    Record,
    StageRow,
    TaskFinishedRow,
)
from dragoman_server.journal.shares import Shares
from dragoman_wire.errors import Overloaded
from tests.harness import PATIENCE_S
from tests.unit.server.core import a_reply
from tests.unit.server.journal.test_journal import entry, open_journal

KIB = 1 << 10


def accepted(task: int, peer: str = "peer", *, reply_to: str = "peer") -> AcceptedRow:
    return AcceptedRow(
        task=task,
        reply_to=reply_to,
        task_id=f"t{task}",
        request_type="translation",
        parts=("pt",),
        arrived_unix_s=1.0,
        frames=[b"header"],
        peer=peer,
    )


def finished(task: int) -> TaskFinishedRow:
    return TaskFinishedRow(task=task, reply_to="peer", task_id=f"t{task}", request_type="translation", last=b"")


def noted(*records: tuple[Record, int]) -> Shares:
    shares = Shares(1000)
    for record, size_bytes in records:
        shares.note(record, size_bytes)
    return shares


def test_a_task_takes_its_request_until_it_ends_and_its_events_until_it_is_forgotten() -> None:
    shares, seen = Shares(1000), list[int]()
    for record, size_bytes in (
        (accepted(1), 100),
        (StageRow(1, "transcription", {}), 30),
        (EventRow(1, b"event"), 20),
        (finished(1), 5),
        (EventRow(2, b"of a task that is not there"), 7),
        (ForgottenRow(1), 0),
        (ForgottenRow(1), 0),
    ):
        shares.note(record, size_bytes)
        seen.append(shares.largest_bytes)
    assert seen == [100, 130, 150, 25, 25, 0, 0]


def test_a_peer_past_its_share_is_refused_and_the_others_are_not() -> None:
    shares = noted((accepted(1), 600), (accepted(2, "other"), 10))
    shares.check("peer", 400)
    with pytest.raises(Overloaded, match="600 bytes of the journal, and this one 401;") as raised:
        shares.check("peer", 401)
    assert raised.value.retry_after_ms
    shares.check("other", 900)
    shares.check("new", 5000)  # one that has nothing else may have anything
    shares.note(ForgottenRow(1), 0)
    shares.check("peer", 5000)


def test_a_sound_of_many_languages_is_counted_once() -> None:
    sound, other = bytes(BLOB_BYTES), bytes(BLOB_BYTES)
    shares = noted(
        (accepted(1), 1),
        *((EventRow(1, b"x", [one]), BLOB_BYTES + 1) for one in (sound, sound, other, sound)),
        (EventRow(1, b"x", [b"small"]), 6),
        (EventRow(1, b"x", [b"small"]), 6),
    )
    assert shares.largest_bytes == 1 + 2 * BLOB_BYTES + 4 + 2 * 6


def test_an_answer_at_once_and_a_request_without_reply_to_go_on_the_account_of_their_peer() -> None:
    shares = noted((a_reply(number=1), 50), (accepted(2, "sender", reply_to=""), 70))
    assert shares.largest_bytes == 70
    shares.note(ForgottenRow(2), 0)
    assert shares.largest_bytes == 50


async def test_the_journal_counts_what_an_earlier_server_left(tmp_path: Path) -> None:
    settings = {"max_bytes": 1 << 20, "peer_share": 0.25}
    async with open_journal(tmp_path, **settings) as journal:
        for task, size in ((1, 10 * KIB), (2, 200 * KIB)):
            journal.append(entry(task, size=size))
    async with open_journal(tmp_path, **settings) as journal:
        figures = journal.statistics()
        assert figures["peer_limit_bytes"] == 256 * KIB
        assert 210 * KIB <= figures["largest_peer_bytes"] <= 211 * KIB
        with pytest.raises(Overloaded):
            journal.check_share("peer", 100 * KIB)
        journal.check_share("another", 100 * KIB)
        journal.append(ForgottenRow(2))
        journal.check_share("peer", 100 * KIB)


async def test_what_finds_no_room_takes_no_share(tmp_path: Path) -> None:
    async with open_journal(tmp_path, max_bytes=1 << 18, peer_share=1.0) as journal:
        done = asyncio.get_running_loop().create_future()
        journal.append(entry(1, size=300 * KIB), done.set_result)
        assert await asyncio.wait_for(done, PATIENCE_S) == FULL
        assert journal.statistics()["largest_peer_bytes"] == 0
