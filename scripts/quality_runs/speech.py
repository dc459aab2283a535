"""Speech: what the server says, it hears again; and a voice message keeps its length."""

from __future__ import annotations

import io
import re
import wave
from pathlib import Path

from dragoman_client import Client, VoiceResult
from scripts.quality_runs.asking import ask_server, each
from scripts.quality_runs.plan import Clip, Plan, spread
from scripts.quality_runs.report import Check
from scripts.quality_runs.words import error_rate

OWN_SPEECH_WER = 15.0
SHORTEST, LONGEST = 0.4, 2.5
"""A spoken translation lasts about as long as what was said: more and less than this share is no translation."""
VOICE_MESSAGE_S = 10.0


def measure(plan: Plan) -> list[Check]:
    """English sentences, and one message into Portuguese."""
    half = plan.sentences // 2
    novel = novel_sentences(plan.data / "text" / "pride-and-prejudice.en.txt")
    sentences = spread(plan.flores("en"), half) + spread(novel, plan.sentences - half)
    message = min(plan.recordings("librispeech", "en"), key=lambda clip: abs(clip.seconds - VOICE_MESSAGE_S))

    async def work(client: Client) -> tuple[list[str], VoiceResult]:
        return await say_and_hear(client, sentences), await client.voice(message.path, to="pt", language="en")

    heard, voice = ask_server(work)
    return [own_speech(sentences, heard), voice_message(message, voice)]


def novel_sentences(path: Path) -> list[str]:
    """Sentences of the novel of 8 to 25 words, without chapter titles, dialogue or markup."""
    text = " ".join(path.read_text(encoding="utf-8").partition("*** START")[2].split())
    found = re.findall(r"(?<=[.!?] )[A-Z][a-z ,;']+\.(?= )", text)
    return [sentence for sentence in found if 8 <= len(sentence.split()) <= 25]


async def say_and_hear(client: Client, sentences: list[str]) -> list[str]:
    """Return the server's transcriptions of its own speech."""

    async def one(sentence: str) -> str:
        spoken = await client.speak(sentence, "en")
        return (await client.transcribe(spoken.audio, "en")).text

    return await each(one, sentences)


def own_speech(sentences: list[str], heard: list[str]) -> Check:
    """Check that the server transcribes its own speech correctly."""
    rate = error_rate(sentences, heard)
    return Check(
        name=f"word error rate, {len(sentences)} sentences spoken and heard by the server",
        server=round(rate, 2),
        direct=None,
        unit="%",
        bound=f"under {OWN_SPEECH_WER:g}",
        holds=rate < OWN_SPEECH_WER,
    )


def voice_message(message: Clip, voice: VoiceResult) -> Check:
    """Check that the Portuguese voice message opens, and lasts about as long as the English one."""
    if "pt" not in voice.audios:
        raise voice.failed["pt"]
    with wave.open(io.BytesIO(voice.audios["pt"].audio)) as recording:
        seconds = recording.getnframes() / recording.getframerate()
    shortest, longest = SHORTEST * message.seconds, LONGEST * message.seconds
    return Check(
        name=f"seconds of Portuguese speech for {message.seconds:.1f} s of English",
        server=round(seconds, 2),
        direct=None,
        unit="s",
        bound=f"{shortest:.1f} to {longest:.1f}",
        holds=shortest <= seconds <= longest,
    )
