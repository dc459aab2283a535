from __future__ import annotations

import json
from typing import get_args

import pytest

from dragoman_client import choices
from dragoman_client.choices import Format
from dragoman_client.formats import render
from dragoman_wire import requests
from dragoman_wire.events import Transcription, TranscriptSegment


def transcription(*pieces: tuple[int, int, str], text: str | None = None, duration_ms: int = 4000) -> Transcription:
    segments = [
        TranscriptSegment(text=said, start_ms=start, end_ms=end, confidence=None, speaker_id=None, language=None)
        for start, end, said in pieces
    ]
    return Transcription(
        text=" ".join(piece[2] for piece in pieces) if text is None else text,
        language="en",
        confidence=1.0,
        duration_ms=duration_ms,
        source="whisper",
        model="m",
        segments=segments,
    )


TWO = transcription((0, 1500, " Hello."), (3_725_004, 3_726_999, "Bye & <thanks>."))


def test_text_is_what_was_said() -> None:
    assert render(transcription(text="  Hello. \n"), Format.TEXT) == "Hello."


def test_srt_has_numbers_hours_and_commas() -> None:
    assert render(TWO, Format.SRT) == (
        "1\n00:00:00,000 --> 00:00:01,500\nHello.\n\n2\n01:02:05,004 --> 01:02:06,999\nBye & <thanks>."
    )


def test_vtt_has_a_header_points_and_escapes() -> None:
    assert render(TWO, Format.VTT) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello.\n\n01:02:05.004 --> 01:02:06.999\nBye &amp; &lt;thanks&gt;."
    )


def test_more_than_99_hours_are_written_out() -> None:
    assert "100:00:00,000 --> 100:00:01,000" in render(transcription((360_000_000, 360_001_000, "late")), Format.SRT)


def test_blank_lines_inside_a_cue_are_left_out_because_they_would_end_it() -> None:
    assert render(transcription((0, 1000, "one\n\n \n two\r\n")), Format.SRT).endswith("\none\ntwo")


@pytest.mark.parametrize("form", [Format.SRT, Format.VTT])
def test_an_arrow_in_the_text_is_no_timing_line(form: Format) -> None:
    assert render(transcription((0, 1000, "a --> b")), form).count("-->") == 1


@pytest.mark.parametrize("form", [Format.SRT, Format.VTT])
def test_a_cue_never_ends_where_it_starts_nor_starts_before_zero(form: Format) -> None:
    written = render(transcription((-20, -20, "a"), (500, 500, "b")), form).replace(",", ".")
    assert "00:00:00.000 --> 00:00:00.001" in written
    assert "00:00:00.500 --> 00:00:00.501" in written


def test_empty_segments_are_left_out_and_do_not_count() -> None:
    written = render(transcription((0, 1, " "), (1, 1000, "b"), text="b"), Format.SRT)
    assert written.startswith("1\n00:00:00,001")


def test_without_segments_the_text_is_one_cue_over_the_whole_recording() -> None:
    assert render(transcription(text="all of it"), Format.SRT) == "1\n00:00:00,000 --> 00:00:04,000\nall of it"


def test_silence_is_an_empty_file() -> None:
    assert render(transcription(text=""), Format.SRT) == ""
    assert render(transcription(text=""), Format.VTT) == "WEBVTT"


def test_json_is_the_wire_document() -> None:
    document = json.loads(render(TWO, Format.JSON))
    assert document["segments"][1] == {
        "text": "Bye & <thanks>.",
        "startMs": 3_725_004,
        "endMs": 3_726_999,
    }
    assert document["durationMs"] == 4000


def test_the_choices_of_the_command_line_are_those_of_the_wire() -> None:
    assert [choice.value for choice in choices.Priority] == list(get_args(requests.Priority))
    assert [choice.value for choice in choices.SoundFormat] == list(get_args(requests.SoundFormat))
    assert set(get_args(requests.SubtitleFormat)) < set(choices.Format)
