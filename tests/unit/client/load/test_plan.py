"""What is sent and when it is due."""

from __future__ import annotations

import itertools
import random
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dragoman_client.load.arrivals import due_times
from dragoman_client.load.materials import (
    TEXTS,
    Materials,
    MaterialsError,
    RequestMaker,
    built_in_recordings,
    load_materials,
)
from dragoman_client.load.plan import Arrivals, Kind, Plan, parse_mix
from dragoman_wire.inbound import decode_message
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import AudioProcessRequest, TranscriptionRequest, TranslationRequest

EVERYTHING = dict.fromkeys(Kind, 1.0)


def a_plan(**changes: Any) -> Plan:
    given: dict[str, Any] = {"weights": EVERYTHING, "duration_s": 1.0, "timeout_s": 1.0}
    return Plan(**given | changes)


def test_a_mix_is_kinds_with_weights() -> None:
    assert parse_mix("translation=8, voice=0.5,ping") == {Kind.TRANSLATION: 8.0, Kind.VOICE: 0.5, Kind.PING: 1.0}


@pytest.mark.parametrize(
    ("mix", "said"),
    [
        ("", "nothing would be sent"),
        ("voice=0", "nothing would be sent"),
        ("poem=1", "'poem' is none of translation, transcription, voice, ping"),
        ("voice=many", "'many' is no weight for voice"),
        ("voice=-1", "the weight of voice is -1"),
        ("voice=nan", "the weight of voice is nan"),
        ("voice=inf", "the weight of voice is inf"),
    ],
)
def test_a_wrong_mix_is_named(mix: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_mix(mix)


def test_constant_arrivals_are_at_equal_distances() -> None:
    assert list(itertools.islice(due_times(Arrivals.CONSTANT, 50, random.Random(1)), 4)) == [0, 0.02, 0.04, 0.06]


def test_poisson_arrivals_come_at_the_rate_and_bunch_as_independent_ones_do() -> None:
    times = list(itertools.islice(due_times(Arrivals.POISSON, 50, random.Random(1)), 20_000))
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert statistics.mean(gaps) == pytest.approx(1 / 50, rel=0.03)
    assert statistics.stdev(gaps) == pytest.approx(1 / 50, rel=0.03)


def test_requests_come_in_the_proportions_asked_for_and_from_all_peers_in_turn() -> None:
    plan = a_plan(weights={Kind.TRANSLATION: 3.0, Kind.PING: 1.0}, peers=2)
    maker = RequestMaker(plan, Materials(texts=TEXTS, recordings=[b"x"]), ["p-0", "p-1"])
    made = [maker.make() for _ in range(2000)]
    kinds = Counter(kind for kind, _, _ in made)
    assert kinds[Kind.TRANSLATION] == pytest.approx(1500, rel=0.1)
    assert [task_id for _, task_id, _ in made[:3]] == ["p-0.0", "p-1.1", "p-0.2"]


def test_equal_seeds_make_equal_requests() -> None:
    materials = Materials(texts=TEXTS, recordings=built_in_recordings())
    one, other = (RequestMaker(a_plan(seed=7), materials, ["p"]) for _ in range(2))
    assert [one.make() for _ in range(50)] == [other.make() for _ in range(50)]


def test_every_kind_is_a_request_that_the_server_reads() -> None:
    maker = RequestMaker(
        a_plan(source="en", targets=("pt", "fr")), Materials(texts=["Hello"], recordings=[b"sound"]), ["p"]
    )
    seen: dict[Kind, Any] = {}
    for _ in range(50):
        kind, task_id, frames = maker.make()
        inbound = decode_message(frames, WireLimits())
        assert inbound.request is not None
        assert (inbound.request.task_id, inbound.request.reply_to) == (task_id, "p")
        seen[kind] = inbound.request
    assert isinstance(seen[Kind.TRANSLATION], TranslationRequest)
    assert seen[Kind.TRANSLATION].target_languages == ["pt", "fr"]
    assert isinstance(seen[Kind.TRANSCRIPTION], TranscriptionRequest)
    assert seen[Kind.TRANSCRIPTION].language == "en"
    assert isinstance(seen[Kind.VOICE], AudioProcessRequest)
    assert seen.keys() == set(Kind)


def test_texts_differ_by_their_number_unless_they_are_wanted_as_they_are() -> None:
    def texts(*, numbered: bool) -> set[str]:
        materials = Materials(texts=["Hello"], recordings=[], numbered=numbered)
        maker = RequestMaker(a_plan(weights={Kind.TRANSLATION: 1.0}), materials, ["p"])
        requests = [decode_message(maker.make()[2], WireLimits()).request for _ in range(9)]
        return {request.text for request in requests if isinstance(request, TranslationRequest)}

    assert len(texts(numbered=True)) == 9
    assert texts(numbered=False) == {"Hello"}


def test_materials_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("one\n\n  two \n", encoding="utf-8")
    (tmp_path / "sound").write_bytes(b"sound")
    materials = load_materials(tmp_path / "texts", [tmp_path / "sound"], numbered=True)
    assert (materials.texts, materials.recordings) == (["one", "two"], [b"sound"])


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_file_that_gives_nothing_to_send_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "texts"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MaterialsError, match="texts"):
        load_materials(path, [], numbered=True)


def test_an_empty_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "sound").touch()
    with pytest.raises(MaterialsError, match="sound is empty"):
        load_materials(None, [tmp_path / "sound"], numbered=True)


def test_the_built_in_recordings_are_ogg() -> None:
    assert [recording[:4] for recording in built_in_recordings()] == [b"OggS", b"OggS"]
