"""Holds what comes through the server against references, and against the engines called directly.

The server's part goes through real sockets with the client library. The engines' part runs in a process of its own
once the server has stopped, so that neither takes the other's processor time.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import re
import subprocess
import sys
import wave
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import jiwer
import sacrebleu
from embedded_server import ServerFailed, embedded_server, exit_on_sigterm
from whisper_normalizer.english import EnglishTextNormalizer

from dragoman_client import Client, ClientError, DragomanError, VoiceResult

ROOT = Path(__file__).resolve().parent.parent
PAIRS = (("en", "pt"), ("pt", "en"))
AT_ONCE = 4
"""Requests in flight."""
WER_POINTS, CHRF_POINTS, OWN_SPEECH_WER = 1.0, 0.5, 15.0
"""The bounds: from the engine called directly, and of the server's own speech."""
SHORTEST, LONGEST = 0.4, 2.5
"""A spoken translation lasts about as long as what was said: more and less than this share is no translation."""
VOICE_MESSAGE_S = 10.0
_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, kw_only=True)
class Material:
    """What the server is asked, with the references."""

    clips: list[Path]
    transcripts: list[str]
    lines: dict[str, list[str]]
    """By language; line N of each is the same sentence."""
    sentences: list[str]
    message: Path
    message_s: float


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What came back."""

    transcripts: list[str]
    translations: dict[str, list[str]]
    """By pair, `en-pt`."""
    heard: list[str]
    """The server's own speech, transcribed."""
    voice: VoiceResult


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the report."""

    name: str
    server: float
    direct: float | None
    """The engine on its own, where it was asked."""
    unit: str
    bound: str
    holds: bool


def main() -> int:
    """Run all checks; 0 where every bound holds, 1 where one is broken or the checks could not be made."""
    options = _options()
    exit_on_sigterm()
    try:
        material = gather(options.data, clips=options.clips, lines=options.lines, sentences=options.sentences)
        with embedded_server() as server:
            answers = asyncio.run(ask(server.requests, server.routed, material))
            status = server.stop()
        if status != 0:
            raise ServerFailed(f"the server stopped with exit status {status}")
        checks = judge(material, answers, ask_directly(material))
    except KeyboardInterrupt:
        return 130
    except (ServerFailed, ClientError, DragomanError, OSError, subprocess.CalledProcessError) as error:
        print(f"the quality could not be measured: {error}", file=sys.stderr)
        return 1
    print(json.dumps([asdict(check) for check in checks], indent=2) if options.json else table(checks))
    return 0 if all(check.holds for check in checks) else 1


def gather(data: Path, *, clips: int, lines: int, sentences: int) -> Material:
    """Read the test data; evenly spread where less than all is wanted."""
    index = (data / "speech.jsonl").read_text(encoding="utf-8").splitlines()
    speech = [record for record in map(json.loads, index) if record["path"].startswith("speech/librispeech/")]
    message = min(speech, key=lambda record: abs(record["seconds"] - VOICE_MESSAGE_S))
    chosen = spread(speech, clips)
    texts = {name: data / "text" / f"flores.{name}.txt" for name in ("en", "pt")}
    flores = {name: path.read_text(encoding="utf-8").splitlines() for name, path in texts.items()}
    half = sentences // 2
    return Material(
        clips=[data / record["path"] for record in chosen],
        transcripts=[record["text"] for record in chosen],
        lines={name: texts[:lines] for name, texts in flores.items()},
        sentences=spread(flores["en"], half)
        + spread(novel_sentences(data / "text" / "pride-and-prejudice.en.txt"), sentences - half),
        message=data / message["path"],
        message_s=message["seconds"],
    )


def spread(items: Sequence[_T], count: int) -> list[_T]:
    """`count` of the items, evenly spaced; all of them where there are no more."""
    count = min(count, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def novel_sentences(path: Path) -> list[str]:
    """Sentences of the novel of 8 to 25 words, without chapter titles, dialogue or markup."""
    text = " ".join(path.read_text(encoding="utf-8").partition("*** START")[2].split())
    found = re.findall(r"(?<=[.!?] )[A-Z][a-z ,;']+\.(?= )", text)
    return [sentence for sentence in found if 8 <= len(sentence.split()) <= 25]


async def ask(requests: str, routed: str, material: Material) -> Answers:
    """Send everything to the server."""
    async with Client(requests, routed, timeout_s=300) as client:

        async def hear(clip: Path | bytes) -> str:
            return (await client.transcribe(clip, "en")).text

        async def say_and_hear(sentence: str) -> str:
            return await hear(await speak(client, sentence))

        translations = {}
        for source, target in PAIRS:

            async def translate(line: str, source: str = source, target: str = target) -> str:
                return (await client.translate(line, source, to=target)).text

            translations[f"{source}-{target}"] = await each(translate, material.lines[source])
        return Answers(
            transcripts=await each(hear, material.clips),
            translations=translations,
            heard=await each(say_and_hear, material.sentences),
            voice=await client.voice(material.message, to="pt", language="en"),
        )


async def each(work: Callable[[_T], Awaitable[_R]], items: Sequence[_T]) -> list[_R]:
    """The results for all items, in order, with some at work at a time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(item: _T) -> _R:
        async with places:
            return await work(item)

    return await asyncio.gather(*map(one, items))


async def speak(client: Client, sentence: str) -> bytes:
    """An English sentence said aloud by the server: its transcription is given, and English stays English."""
    request = {
        "type": "audio_process",
        "targetLanguages": ["en"],
        "mobileTranscription": {"text": sentence, "language": "en"},
    }
    async for event in client.events(request):
        if event.error is not None:
            raise event.error
        if event.type == "audio_translation_ready":
            return event.binaries["audio"]
    raise OSError(f"the server did not say {sentence!r}")


def ask_directly(material: Material) -> dict[str, Any]:
    """The same from the engines, in a process of their own."""
    job = {
        "clips": [str(clip) for clip in material.clips],
        "lines": {f"{source}-{target}": material.lines[source] for source, target in PAIRS},
    }
    command = [sys.executable, str(Path(__file__).with_name("quality_direct.py"))]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def judge(material: Material, answers: Answers, direct: dict[str, Any]) -> list[Check]:
    """Every check."""
    checks = [
        against_engine(
            f"word error rate, {len(material.clips)} LibriSpeech clips",
            error_rate(material.transcripts, answers.transcripts),
            error_rate(material.transcripts, direct["clips"]),
            unit="%",
            bound=WER_POINTS,
        )
    ]
    for source, target in PAIRS:
        pair, references = f"{source}-{target}", material.lines[target]
        checks.append(
            against_engine(
                f"chrF, {len(references)} FLORES lines, {source} to {target}",
                chrf(references, answers.translations[pair]),
                chrf(references, direct["lines"][pair]),
                unit="",
                bound=CHRF_POINTS,
            )
        )
    return [*checks, own_speech(material, answers), voice_message(material, answers)]


def against_engine(name: str, server: float, direct: float, *, unit: str, bound: float) -> Check:
    """The server is as good as the engine it asks."""
    return Check(
        name=name,
        server=round(server, 2),
        direct=round(direct, 2),
        unit=unit,
        bound=f"within {bound:g} of the engine",
        holds=abs(server - direct) <= bound,
    )


def own_speech(material: Material, answers: Answers) -> Check:
    """What the server says is what it then hears."""
    rate = error_rate(material.sentences, answers.heard)
    return Check(
        name=f"word error rate, {len(material.sentences)} sentences spoken and heard by the server",
        server=round(rate, 2),
        direct=None,
        unit="%",
        bound=f"under {OWN_SPEECH_WER:g}",
        holds=rate < OWN_SPEECH_WER,
    )


def voice_message(material: Material, answers: Answers) -> Check:
    """The Portuguese voice message opens, and lasts about as long as the English one."""
    if "pt" not in answers.voice.audios:
        raise answers.voice.failed["pt"]
    with wave.open(io.BytesIO(answers.voice.audios["pt"].audio)) as recording:
        seconds = recording.getnframes() / recording.getframerate()
    shortest, longest = SHORTEST * material.message_s, LONGEST * material.message_s
    return Check(
        name=f"seconds of Portuguese speech for {material.message_s:.1f} s of English",
        server=round(seconds, 2),
        direct=None,
        unit="s",
        bound=f"{shortest:.1f} to {longest:.1f}",
        holds=shortest <= seconds <= longest,
    )


def error_rate(references: list[str], texts: list[str]) -> float:
    """Word error rate in percent, after Whisper's own normalisation of spelling, numbers and case."""
    normal = EnglishTextNormalizer()
    return 100 * float(jiwer.wer([normal(text) for text in references], [normal(text) for text in texts]))


def chrf(references: list[str], translations: list[str]) -> float:
    """ChrF of 0 to 100."""
    return float(sacrebleu.corpus_chrf(translations, [references]).score)


def table(checks: Sequence[Check]) -> str:
    """The report for people."""
    rows = [("check", "server", "engine", "bound", "")]
    for check in checks:
        engine = "" if check.direct is None else f"{check.direct:.2f} {check.unit}"
        verdict = "ok" if check.holds else "BROKEN"
        rows.append((check.name, f"{check.server:.2f} {check.unit}", engine, check.bound, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the test data")
    parser.add_argument("--clips", type=_count, default=92, help="LibriSpeech clips; by default all")
    parser.add_argument("--lines", type=_count, default=100, help="FLORES lines")
    parser.add_argument("--sentences", type=_count, default=20, help="sentences for the server to speak and hear")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"the test data is not in {options.data}; name its folder with --data")
    return options


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


if __name__ == "__main__":
    sys.exit(main())
