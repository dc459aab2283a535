"""Numbers, signs and short forms that the best voice says: each is heard again by Whisper base."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman_client import Client
from dragoman_handlers.speech.normalization.number_words import cardinal
from scripts.quality_runs.asking import ask_server, each
from scripts.quality_runs.plan import Plan
from scripts.quality_runs.report import Check, at_least
from scripts.quality_runs.words import normal

FILE = Path(__file__).resolve().parent.parent.parent / "tests" / "data" / "heard_again.jsonl"
SETTINGS = {"engines.transcription.model": "base"}


@dataclass(frozen=True, kw_only=True)
class SpokenCase:
    """A text, and what tells that it was spoken right."""

    name: str
    language: str
    text: str
    must: Sequence[str]
    """All of them are heard; alternatives are separated by a bar."""
    must_not: Sequence[str]
    in_suite: bool
    """Whether the test suite has it too: one case of each kind."""

    def faults(self, heard: str) -> list[str]:
        """Return what is wrong with what was heard; nothing where the case holds."""
        lacks = [one for one in self.must if not any(is_in(form, heard, self.language) for form in one.split("|"))]
        has = [one for one in self.must_not if is_in(one, heard, self.language)]
        return [*(f"lacks {one!r}" for one in lacks), *(f"has {one!r}" for one in has)]


def load() -> list[SpokenCase]:
    """Return the cases of the file, one JSON object a line."""
    return [
        SpokenCase(
            name=case["id"],
            language=case["language"],
            text=case["say"],
            must=case["heard_must"],
            must_not=case["heard_must_not"],
            in_suite=case["suite"],
        )
        for case in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    ]


def measure(_plan: Plan) -> list[Check]:
    """Say every case and hear it; list those that do not hold on standard error."""
    cases = load()
    faults = ask_server(lambda client: faults_of(client, cases), SETTINGS)
    for case, found in zip(cases, faults, strict=True):
        if found:
            print(f"  {case.name}: {case.text!r}: {', '.join(found)}", file=sys.stderr)
    held = sum(not found for found in faults)
    return [
        at_least(f"texts with numbers and signs heard as written, of {len(cases)}", held, unit="", bound=len(cases))
    ]


async def faults_of(client: Client, cases: Sequence[SpokenCase]) -> list[list[str]]:
    """Return what is wrong with each case as the server says and hears it."""

    async def one(case: SpokenCase) -> list[str]:
        spoken = await client.speak(case.text, case.language)
        heard = await client.transcribe(spoken.audio, case.language)
        return [f"{fault} in {heard.text!r}" for fault in case.faults(heard.text)]

    return await each(one, cases)


def is_in(wanted: str, text: str, language: str) -> bool:
    """Whether a word or a number is in what was heard, in digits or in words."""
    forms = [wanted.lower(), normal(wanted, language)]
    if wanted.isdecimal():
        forms.append(cardinal(int(wanted), language) or wanted)
    places = [text.lower(), normal(text, language), re.sub(r"(?<=\d)[.,\s](?=\d)", "", text.lower())]
    return any(_plain(form) in _plain(place) for form in forms for place in places)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\N{MINUS SIGN}", "-"))
