"""Translation: chrF beside the engine called directly, markup that is kept, and languages that are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sacrebleu

from dragoman_client import Client
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage
from scripts.quality_runs.asking import ask_directly, ask_server, each
from scripts.quality_runs.plan import Plan
from scripts.quality_runs.report import Check, against_engine, at_least, at_most
from tests.hard_markup import Case, cases, lost

PAIRS = (("en", "pt"), ("pt", "en"))
MANY_LINES = 200
CHRF_POINTS, CHRF_POINTS_OF_FEW = 0.3, 0.5
"""How far the server may be from the engine called directly; the quotation marks that it keeps weigh more in few."""
SNIPPET_WORDS = 4
LEAST_TOLD = {"en": 98.0, "pt": 93.0}
"""Percent of snippets whose language is told right, by a server for these two; of few lines only reported."""
ANY_LANGUAGE = ("en", "de", "es", "fr", "pt")
"""What a server for any language tells from all 176 that the identifier knows: only reported, it is its own figure."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the server said."""

    lines: Mapping[str, list[str]]
    """Translations by pair, `en-pt`; empty where the server saw that a translation was bad."""
    markup: list[str]
    told: Mapping[str, list[str]]
    """The languages that snippets were taken for, by their real one."""


def measure(plan: Plan) -> list[Check]:
    """Measure every pair of the embedded models."""
    texts = {language: plan.flores(language)[: plan.lines] for pair in PAIRS for language in pair}
    server = ask_server(lambda client: ask_all(client, texts))
    snippets = {language: plan.flores(language)[: plan.lines] for language in ANY_LANGUAGE}
    # The echo engine knows no languages of its own, and so leaves the choice to the identifier alone.
    unhelped = ask_server(lambda client: tell_each(client, snippets), {"engines.translation.model": "echo"})
    direct = ask_directly("translation_direct", {f"{source}-{target}": texts[source] for source, target in PAIRS})
    return [
        *(
            against_engine(
                f"chrF, {len(texts[target])} FLORES lines, {source} to {target}",
                chrf(texts[target], server.lines[f"{source}-{target}"]),
                chrf(texts[target], direct[f"{source}-{target}"]),
                unit="",
                bound=CHRF_POINTS if plan.lines >= MANY_LINES else CHRF_POINTS_OF_FEW,
            )
            for source, target in PAIRS
        ),
        at_most(
            f"of these {2 * len(texts['en'])}, called bad by the server",
            sum(translations.count("") for translations in server.lines.values()),
            unit="",
            bound=0,
        ),
        markup_kept(server.markup),
        *(
            told_right(language, server.told[language], "of en and pt", LEAST_TOLD[language])
            for language in LEAST_TOLD
        ),
        *(told_right(language, unhelped[language], "of 176") for language in ANY_LANGUAGE),
    ]


async def ask_all(client: Client, texts: Mapping[str, list[str]]) -> Answers:
    """Everything that is measured, from one server."""
    return Answers(
        lines={
            f"{source}-{target}": await translate_all(client, texts[source], source, target)
            for source, target in PAIRS
        },
        markup=await translate_hard(client),
        told=await tell_each(client, {language: texts[language] for language in LEAST_TOLD}),
    )


async def translate_all(client: Client, lines: Sequence[str], source: str, target: str) -> list[str]:
    """Return the translations of lines."""

    async def translate(line: str) -> str:
        try:
            done = await client.translate(line, source, to=target)
            return "" if done.warnings else done.text
        except EngineFailed:
            return ""

    return await each(translate, lines)


async def translate_hard(client: Client) -> list[str]:
    """Return the translations of the texts with much markup."""

    async def translate(case: Case) -> str:
        return (await client.translate(case.text, case.source, to=case.target)).text

    return await each(translate, cases())


async def tell_each(client: Client, texts: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the languages identified for the beginnings of lines, by the language that they are in."""
    return {language: await tell_all(client, lines, language) for language, lines in texts.items()}


async def tell_all(client: Client, lines: Sequence[str], language: str) -> list[str]:
    """Return the languages identified for the beginnings of lines."""

    async def tell(line: str) -> str:
        try:
            # Into its own language: where it is told right, no model runs.
            return (await client.translate(snippet(line), to=language)).source_language
        except UnsupportedLanguage:
            return "another one"

    return await each(tell, lines)


def snippet(line: str) -> str:
    """Return the first words of a line."""
    return " ".join(line.split()[:SNIPPET_WORDS])


def markup_kept(translations: Sequence[str]) -> Check:
    """Count the hard texts that come back with everything in them that is no language."""
    hard = cases()
    kept = sum(not lost(case, translation) for case, translation in zip(hard, translations, strict=True))
    return at_least(f"markup kept, {len(hard)} hard cases", kept, unit="", bound=len(hard))


def told_right(language: str, told: Sequence[str], among: str, least: float | None = None) -> Check:
    """Count the beginnings whose language is identified correctly."""
    return at_least(
        f"language told {among} by {SNIPPET_WORDS} words, {len(told)} FLORES lines in {language}",
        100 * sum(one == language for one in told) / len(told),
        unit="%",
        bound=least if len(told) >= MANY_LINES else None,
    )


def chrf(references: Sequence[str], translations: Sequence[str]) -> float:
    """ChrF of 0 to 100."""
    return float(sacrebleu.corpus_chrf(translations, [references]).score)
