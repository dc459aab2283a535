"""The pipelines of Apertium: real ones where it is installed, and scripts in their place for what goes wrong."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_engines.base import ModelMissing
from dragoman_engines.translation import apertium
from dragoman_engines.translation.apertium import ApertiumEngine, from_stream, to_stream
from dragoman_engines.translation.apertium_modes import Mode, find_modes
from dragoman_engines.work import DecodeAudio, Failure, TranslateSentences, Translations

INSTALLED = set(find_modes())
needs_apertium = pytest.mark.skipif(
    not {("es", "pt"), ("fr", "es")} <= INSTALLED,
    reason="Apertium's pairs es-pt and fr-es are not installed; scripts/setup --system brings them",
)

ECHO = """
import sys
while True:
    text = bytearray()
    while not text.endswith(b"\\0"):
        one = sys.stdin.buffer.read(1)
        if not one:
            sys.exit()
        text += one
    if b"crash" in text:
        sys.exit(3)
    if b"hang" in text:
        import time
        time.sleep(3600)
    if b"endless" in text:
        while True:
            sys.stdout.buffer.write(b"x" * 65536)
    sys.stdout.buffer.write(text.upper() if b"[" not in text else text)
    sys.stdout.buffer.flush()
"""


def a_mode(tmp_path: Path, source: str = "xx", target: str = "yy", stages: int = 2) -> Mode:
    script = tmp_path / "stage.py"
    script.write_text(ECHO)
    return Mode(
        source=source, target=target, path=script, stages=[[sys.executable, str(script)] for _ in range(stages)]
    )


def ask(engine: ApertiumEngine, *sentences: str, pair: tuple[str, str] = ("xx", "yy")) -> Translations | Failure:
    [answer] = engine.run([TranslateSentences(source=pair[0], target=pair[1], sentences=list(sentences))])
    assert isinstance(answer, Translations | Failure)
    return answer


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[ApertiumEngine]:
    made = ApertiumEngine({("xx", "yy"): a_mode(tmp_path)}, timeout_s=30.0)
    yield made
    made.close()


@given(st.text())
def test_a_text_is_its_own_again_after_the_stream_format(text: str) -> None:
    plain = text.replace("\x00", " ")
    stream = to_stream(text)

    assert "\x00" not in stream
    assert len(from_stream(stream)) == len(plain)
    kept = [(a, b) for a, b in zip(plain, from_stream(stream), strict=True) if a != b]
    assert all(b == " " for _, b in kept), "only control characters are changed"


@pytest.mark.parametrize("text", ["[a] ^b$ c/d @e <f> {g} \\h *i #j +k ~l", "\\", "]", "[[", "^unknown/*unknown$"])
def test_apertium_s_own_marks_are_kept(text: str, engine: ApertiumEngine) -> None:
    assert from_stream(to_stream(text)) == text
    assert ask(engine, text) == Translations(sentences=[text])


def test_a_program_that_crashes_is_started_again_and_others_are_not_touched(engine: ApertiumEngine) -> None:
    assert isinstance(ask(engine, "fine"), Translations)
    before = engine.running["xx", "yy"].pids
    answer = ask(engine, "crash")

    assert isinstance(answer, Failure)
    assert answer.code == "engine_failed"
    assert "one of its programs ended" in answer.message
    assert isinstance(ask(engine, "fine"), Translations)
    assert engine.running["xx", "yy"].pids != before


def test_a_pipeline_that_was_killed_is_replaced_without_an_error(engine: ApertiumEngine) -> None:
    ask(engine, "fine")
    os.kill(engine.running["xx", "yy"].pids[1], signal.SIGKILL)

    assert isinstance(ask(engine, "fine"), Translations)


def test_a_pipeline_that_hangs_is_ended(tmp_path: Path) -> None:
    engine = ApertiumEngine({("xx", "yy"): a_mode(tmp_path)}, timeout_s=0.2)
    answer = ask(engine, "hang")

    assert isinstance(answer, Failure)
    assert "no answer within 0.2 s" in answer.message
    assert not engine.running


def test_an_answer_that_does_not_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apertium, "MOST_ANSWER_BYTES", 1 << 20)
    engine = ApertiumEngine({("xx", "yy"): a_mode(tmp_path, stages=1)}, timeout_s=30.0)
    answer = ask(engine, "endless")

    assert isinstance(answer, Failure)
    assert "does not end" in answer.message


def test_the_programs_that_run_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apertium, "MOST_PIPELINES", 2)
    pairs = [("xx", "yy"), ("yy", "zz"), ("zz", "xx")]
    engine = ApertiumEngine({pair: a_mode(tmp_path, *pair, stages=1) for pair in pairs}, timeout_s=30.0)
    for pair in pairs:
        ask(engine, "fine", pair=pair)
    first = list(engine.running)
    ask(engine, "fine", pair=pairs[0])

    assert first == pairs[1:]
    assert list(engine.running) == [pairs[2], pairs[0]]
    engine.close()


def test_an_unknown_pair_or_other_work_is_a_failure(engine: ApertiumEngine) -> None:
    unknown = ask(engine, "a", pair=("xx", "qq"))
    assert isinstance(unknown, Failure)
    assert unknown.code == "unsupported_language"
    [other] = engine.run([DecodeAudio(data=b"", pcm_path="", max_duration_s=1.0)])
    assert isinstance(other, Failure)


def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    mode = Mode(source="xx", target="yy", path=tmp_path, stages=[["no-such-program"]])

    assert isinstance(ask(ApertiumEngine({("xx", "yy"): mode})), Translations)
    answer = ask(ApertiumEngine({("xx", "yy"): mode}), "a")
    assert isinstance(answer, Failure)
    assert "no-such-program cannot be started" in answer.message


def test_without_a_pair_the_sentence_says_what_to_install() -> None:
    with pytest.raises(ModelMissing, match="apt-get install apertium"):
        ApertiumEngine({})


def test_modes_are_read_and_never_given_to_a_shell(tmp_path: Path) -> None:
    (tmp_path / "spa-eng.mode").write_text("cat $1 '/a b/c' | cat -x $2\n")
    (tmp_path / "es-pt_BR.mode").write_text("cat\n")
    (tmp_path / "fr-es.mode").write_text("no-such-program | cat\n")
    (tmp_path / "it-es.mode").write_text("cat 'open\n")

    found = find_modes(tmp_path)
    assert list(found) == [("es", "en")]
    assert found["es", "en"].stages == [["cat", "-z", "-n", "/a b/c"], ["cat", "-z", "-x"]]


@needs_apertium
def test_sentences_are_translated_by_rules() -> None:
    engine = ApertiumEngine()
    try:
        assert engine.capabilities.quality == "gist"
        assert ask(engine, "El gato duerme.", "Hola", "", pair=("es", "pt")) == Translations(
            sentences=["O gato dorme.", "Olá", ""]
        )
        kept = "[xyzzy] ^a$ {b} <c> 😀 日本 *q #w ~t"
        assert ask(engine, kept, pair=("es", "pt")) == Translations(sentences=[kept])
        assert ask(engine, "Le chat dort.", pair=("fr", "es")) == Translations(sentences=["El gato duerme."])
    finally:
        engine.close()


@needs_apertium
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_no_text_makes_it_fail_or_lose_its_place(texts: list[str]) -> None:
    engine = _shared()
    answer = ask(engine, *texts, pair=("es", "pt"))

    assert isinstance(answer, Translations), texts
    assert len(answer.sentences) == len(texts)
    assert ask(engine, "El gato duerme.", pair=("es", "pt")) == Translations(sentences=["O gato dorme."])


_made: list[ApertiumEngine] = []


def _shared() -> ApertiumEngine:
    if not _made:
        _made.append(ApertiumEngine())
    return _made[0]


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _made:
        _made.pop().close()
