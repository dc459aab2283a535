"""Lines and length: prose with line breaks, and sentences without an end, through the server.

One function for each measure; `measure` calls them all.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

from dragoman_client import Client
from scripts.quality_runs.asking import ask_server
from scripts.quality_runs.plan import Plan
from scripts.quality_runs.report import Check, at_least, at_most
from scripts.quality_runs.translation import PAIRS, chrf, translate_all

WRAPPED_AT = 72
NOVEL_LINES = 200
NOVEL_HEADER_LINES = 36
"""The first lines are the publisher's: titles and dates, each in its line."""
LONG_CHARS = (300, 600, 1200, 2500, 5000, 10_000)
_CLAUSES: Mapping[str, Sequence[tuple[str, str]]] = {
    # What a clause says, and the stem that shows in its translation that it was not lost.
    "en": (
        ("the boy saw the cat", "gat"),
        ("the man sold the boat", "barco"),
        ("the woman read the book", "livro"),
        ("the nurse closed the window", "janela"),
        ("the teacher opened the door", "porta"),
        ("the baker burned the bread", "pão"),
        ("the doctor wrote the letter", "carta"),
        ("the waiter broke the glass", "vidro|copo"),
        ("the judge left the room", "sala"),
        ("the clown wore the hat", "chapéu"),
    ),
    "pt": (
        ("o menino viu o gato", "cat"),
        ("o homem vendeu o barco", "boat"),
        ("a mulher leu o livro", "book"),
        ("a enfermeira fechou a janela", "window"),
        ("o professor abriu a porta", "door"),
        ("o padeiro queimou o pão", "bread"),
        ("o médico escreveu a carta", "letter"),
        ("o empregado partiu o vidro", "glass"),
        ("o juiz deixou a sala", "room"),
        ("o palhaço usou o chapéu", "hat"),
    ),
}
_JOINTS = {"en": (" and ", ", "), "pt": (" e ", ", ")}


def measure(plan: Plan) -> list[Check]:
    """Return all measures of lines and length, from one server."""
    return ask_server(lambda client: measure_all(client, plan))


async def measure_all(client: Client, plan: Plan) -> list[Check]:
    """Return all measures of lines and length."""
    return [*await wrapped_flores(client, plan), *await wrapped_novel(client, plan), *await clauses_kept(client)]


async def wrapped_flores(client: Client, plan: Plan) -> list[Check]:
    """ChrF of FLORES lines wrapped at 72 characters beside the same lines unwrapped, both ways."""
    checks = []
    for source, target in PAIRS:
        lines, references = plan.flores(source)[: plan.lines], plan.flores(target)[: plan.lines]
        plain = chrf(references, await translate_all(client, lines, source, target))
        broken = await translate_all(client, [wrapped(line) for line in lines], source, target)
        lost = plain - chrf(references, [unwrapped(text) for text in broken])
        name = f"chrF lost by lines wrapped at {WRAPPED_AT}, {len(lines)} FLORES lines, {source} to {target}"
        checks.append(at_most(name, lost, unit="", bound=0.2))
    return checks


async def wrapped_novel(client: Client, plan: Plan) -> list[Check]:
    """Count the paragraphs of a hard-wrapped novel whose words change when they are unwrapped."""
    path = plan.data / "text" / "pride-and-prejudice.en.txt"
    lines = path.read_text(encoding="utf-8-sig").splitlines()[NOVEL_HEADER_LINES:NOVEL_LINES]
    paragraphs = [each for each in re.split(r"\n{2,}", "\n".join(lines)) if each.strip()]
    as_printed = unwrapped(await _translated(client, "\n\n".join(paragraphs)), blank_lines=True)
    as_one_line = await _translated(client, "\n\n".join([unwrapped(each) for each in paragraphs]))
    before, after = as_printed.split("\n\n"), as_one_line.split("\n\n")
    differ = sum(one != other for one, other in zip(before, after, strict=False)) + abs(len(before) - len(after))
    name = f"paragraphs of a novel that differ when unwrapped, of {len(paragraphs)}"
    return [at_most(name, differ, unit="", bound=0)]


async def _translated(client: Client, text: str) -> str:
    return (await client.translate(text, "en", to="pt")).text


async def clauses_kept(client: Client) -> list[Check]:
    """Clauses that come back of sentences of 300 to 10,000 characters without a full stop, both ways."""
    checks = []
    for source, target in PAIRS:
        texts = [long_sentence(source, chars, joint) for chars in LONG_CHARS for joint in _JOINTS[source]]
        answers = await translate_all(client, [text for text, _ in texts], source, target)
        given = sum(len(stems) for _, stems in texts)
        found = sum(kept(stems, answer) for (_, stems), answer in zip(texts, answers, strict=True))
        name = f"clauses kept of {len(texts)} sentences of 300 to 10,000 characters, {source} to {target}"
        checks.append(at_least(name, 100 * found / given, unit="%", bound=100))
    return checks


def long_sentence(language: str, chars: int, joint: str) -> tuple[str, list[str]]:
    """Return a sentence of nearly so many characters without an end, and the stem of each clause's translation."""
    clauses: list[str] = []
    stems: list[str] = []
    size = -len(joint)
    while True:
        clause, stem = _CLAUSES[language][len(clauses) % len(_CLAUSES[language])]
        size += len(joint) + len(clause)
        if size > chars:
            return joint.join(clauses), stems
        clauses.append(clause)
        stems.append(stem)


def kept(stems: Sequence[str], translation: str) -> int:
    """Count the clauses that are in a translation, in their order."""
    at = found = 0
    for stem in stems:
        place = re.compile(rf"\b(?:{stem})", re.IGNORECASE).search(translation, at)
        if place:
            at = place.end()
            found += 1
    return found


def wrapped(text: str) -> str:
    """Return a text with lines of 72 characters at most."""
    return textwrap.fill(text, WRAPPED_AT, break_long_words=False, break_on_hyphens=False)


def unwrapped(text: str, *, blank_lines: bool = False) -> str:
    """Return a text with blanks for its line breaks; with `blank_lines` only for those inside paragraphs."""
    return re.sub(r"(?<!\n)[ \t]*\n(?!\n)" if blank_lines else r"\s*\n\s*", " ", text)
