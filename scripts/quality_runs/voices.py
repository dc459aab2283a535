"""Voices: what each says, Whisper base hears again; and what is spoken in one language is said in another.

Figures of voices count the errors of the ears as well. So a robot's voice is held against a natural one, both heard by
the same model, and not against nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sacrebleu

from dragoman_client import Client
from scripts.embedded_server import NO_CACHE
from scripts.quality_runs.asking import ask_server, each
from scripts.quality_runs.plan import Clip, Plan, spread
from scripts.quality_runs.report import Check, at_least, at_most
from scripts.quality_runs.words import error_rate, normal

SETTINGS = NO_CACHE | {"engines.transcription.model": "base", "engines.speech.model": "hibari+kokoro+espeak-ng"}
KOKORO: Mapping[str, str] = {"en": "af_heart", "pt": "pf_dora", "es": "ef_dora", "fr": "ff_siwis", "it": "if_sara"}
FAST: Mapping[str, str] = {"en": "hibari", "pt": "espeak-ng", "es": "espeak-ng", "fr": "espeak-ng", "it": "espeak-ng"}
MOST_SENTENCES = 6
"""Of each voice: Kokoro takes about as long as it speaks."""
MOST_CHARACTERS = 120
NATURAL_WER, ENGLISH_WER = 25.0, 15.0
"""Above these, something is wrong with a natural voice, or with an English one. espeak-ng has no bound."""
WAYS = (("en", "pt"), ("pt", "en"))
SPOKEN_CHRF = 40.0
"""Below this, what was said is no longer what is heard. espeak-ng has no bound here either."""
ITALIAN = (
    "Buongiorno, il treno per Roma parte alle nove e mezza.",
    "La casa di mio fratello è molto grande e molto bella.",
    "Vorrei un bicchiere d'acqua e un caffè, per favore.",
    "Gli studenti leggono i libri nella biblioteca della scuola.",
    "Domani andremo al mare con i nostri amici, se fa bel tempo.",
    "Mi chiamo Giulia e lavoro in un ospedale vicino alla stazione.",
)
"""The test data has none."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Sentences of one voice, said by the server and heard by it."""

    voice: str
    language: str
    sentences: Sequence[str]
    texts: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Crossed:
    """Recordings in one language, said in another by one voice."""

    voice: str
    way: str
    """`en to pt`."""
    references: Sequence[str]
    """What they are in the other language."""
    written: Sequence[str]
    """The translations as texts."""
    heard: Sequence[str]
    """What is heard of them."""


def measure(plan: Plan) -> list[Check]:
    """Measure each of Kokoro's languages with both of its voices, and recordings into speech of another language."""
    sentences = {language: some_sentences(plan, language) for language in KOKORO}

    async def work(client: Client) -> tuple[list[Heard], list[Crossed]]:
        heard = [
            await say_and_hear(client, language, voices[language], sentences[language])
            for language in KOKORO
            for voices in (FAST, KOKORO)
        ]
        return heard, [
            await cross(client, plan, source, target, voices[target])
            for source, target in WAYS
            for voices in (FAST, KOKORO)
        ]

    heard, crossed = ask_server(work, SETTINGS)
    # Both voices of a way have the same words to say.
    return [*map(heard_again, heard), *map(as_text, crossed[::2]), *map(spoken_translation, crossed)]


def some_sentences(plan: Plan, language: str) -> list[str]:
    """FLORES sentences that are not long and have no digits, which the ears may write as they like."""
    count = min(plan.sentences, MOST_SENTENCES)
    if language == "it":
        return list(ITALIAN[:count])
    plain = [
        line for line in plan.flores(language) if len(line) <= MOST_CHARACTERS and not any(map(str.isdigit, line))
    ]
    return spread(plain, count)


def aligned(plan: Plan, source: str, target: str) -> tuple[list[Clip], list[str]]:
    """FLEURS clips whose FLORES line is here, and of each that line in the other language."""
    lines = [normal(line, source) for line in plan.flores(source)]
    clips, references = [], []
    for clip in plan.some_recordings("fleurs", source):
        for best in difflib.get_close_matches(normal(clip.text, source), lines, n=1, cutoff=0.8):
            clips.append(clip)
            references.append(plan.flores(target)[lines.index(best)])
    return clips, references


async def say_and_hear(client: Client, language: str, voice: str, sentences: Sequence[str]) -> Heard:
    """Return the server's transcription of what the voice says."""

    async def one(sentence: str) -> str:
        spoken = await client.speak(sentence, language, voice=voice)
        return (await client.transcribe(spoken.audio, language)).text

    return Heard(voice=voice, language=language, sentences=sentences, texts=await each(one, sentences))


async def cross(client: Client, plan: Plan, source: str, target: str, voice: str) -> Crossed:
    """Return the recordings in the other language, as text and as it is heard."""
    clips, references = aligned(plan, source, target)

    async def one(clip: Clip) -> tuple[str, str]:
        result = await client.voice(clip.path, to=target, language=source, voice=voice, audio_format="ogg")
        for error in result.failed.values():
            raise error
        spoken = result.audios[target]
        return spoken.text, (await client.transcribe(spoken.audio, target)).text

    pairs = await each(one, clips)
    return Crossed(
        voice=voice,
        way=f"{source} to {target}",
        references=references,
        written=[pair[0] for pair in pairs],
        heard=[pair[1] for pair in pairs],
    )


def heard_again(heard: Heard) -> Check:
    """Check that a voice is understood."""
    name = f"word error rate, {len(heard.sentences)} sentences in {heard.language} said by {heard.voice}"
    rate = error_rate(heard.sentences, heard.texts, heard.language)
    if heard.voice == "espeak-ng":
        return at_most(name, rate, unit="%", bound=None)
    return at_most(name, rate, unit="%", bound=ENGLISH_WER if heard.language == "en" else NATURAL_WER)


def as_text(crossed: Crossed) -> Check:
    """Check the translations as text: the measure for the spoken ones."""
    name = f"chrF, {len(crossed.references)} FLEURS clips, {crossed.way} as text"
    return at_least(name, chrf(crossed.written, crossed.references), unit="", bound=None)


def spoken_translation(crossed: Crossed) -> Check:
    """Check that the speech in another language is transcribed as a translation of the original."""
    name = f"chrF, {len(crossed.references)} FLEURS clips, {crossed.way} said by {crossed.voice}"
    bound = None if crossed.voice == "espeak-ng" else SPOKEN_CHRF
    return at_least(name, chrf(crossed.heard, crossed.references), unit="", bound=bound)


def chrf(texts: Sequence[str], references: Sequence[str]) -> float:
    """ChrF of 0 to 100."""
    return float(sacrebleu.corpus_chrf(list(texts), [list(references)]).score)
