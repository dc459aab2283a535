"""Small texts of real use, each with what has to be in its translation: ../shared/cases/text.jsonl."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dragoman_client import Client, DragomanError
from scripts.quality_runs.asking import ask_server, each
from scripts.quality_runs.plan import Plan
from scripts.quality_runs.report import Check, at_least

FILE = "cases/text.jsonl"
"""Beside the folder of the test data."""


@dataclass(frozen=True, kw_only=True)
class TextCase:
    """A text, and what tells that its translation is right."""

    name: str
    text: str
    source: str
    target: str
    must: Sequence[str] = field(default_factory=list)
    """All of them are in the translation; alternatives are separated by a bar."""
    must_not: Sequence[str] = field(default_factory=list)

    def faults(self, translation: str) -> list[str]:
        """Return the faults of a translation; none where the case holds. Letter case does not matter."""
        seen = translation.casefold()
        lacks = [each for each in self.must if not any(one.casefold() in seen for one in _alternatives(each))]
        has = [each for each in self.must_not if each.casefold() in seen]
        return [*(f"lacks {each!r}" for each in lacks), *(f"has {each!r}" for each in has)]


def _alternatives(text: str) -> list[str]:
    # `|` alone, or in what is meant to the letter, separates nothing.
    parts = text.split("|")
    return parts if all(parts) else [text]


def measure(plan: Plan) -> list[Check]:
    """Check every case with the embedded models; list those that do not hold on standard error."""
    cases = load(plan.data.parent / FILE)
    translations = ask_server(lambda client: translate_all(client, cases))
    held = 0
    for case, translation in zip(cases, translations, strict=True):
        faults = case.faults(translation)
        held += not faults
        if faults:
            print(f"  {case.name}: {case.text!r} became {translation!r}: {', '.join(faults)}", file=sys.stderr)
    return [at_least(f"cases of {FILE} that hold, of {len(cases)}", held, unit="", bound=None)]


def load(path: Path) -> list[TextCase]:
    """Return the cases of a file, one JSON object a line."""
    return [
        TextCase(
            name=case["id"],
            text=case["text"],
            source=case["from"],
            target=case["to"],
            must=case["must"],
            must_not=case["must_not"],
        )
        for case in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


async def translate_all(client: Client, cases: Sequence[TextCase]) -> list[str]:
    """Return the translations; for an error, its code in brackets, which no case allows."""

    async def translate(case: TextCase) -> str:
        try:
            return (await client.translate(case.text, case.source, to=case.target)).text
        except DragomanError as error:
            return f"<{error.code}>"

    return await each(translate, cases)
