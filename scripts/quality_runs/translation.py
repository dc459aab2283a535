"""Translation: chrF against references, through the server and from the engine called directly."""

from __future__ import annotations

import sacrebleu

from dragoman_client import Client
from scripts.quality_runs.asking import ask_directly, ask_server, each
from scripts.quality_runs.plan import Plan
from scripts.quality_runs.report import Check, against_engine

PAIRS = (("en", "pt"), ("pt", "en"))
CHRF_POINTS = 0.5
"""How far the server may be from the engine called directly."""


def measure(plan: Plan) -> list[Check]:
    """Every pair of the embedded models."""
    texts = {language: plan.flores(language)[: plan.lines] for pair in PAIRS for language in pair}
    server = ask_server(lambda client: translate_all(client, texts))
    direct = ask_directly("translation_direct", {f"{source}-{target}": texts[source] for source, target in PAIRS})
    return [
        against_engine(
            f"chrF, {len(texts[target])} FLORES lines, {source} to {target}",
            chrf(texts[target], server[f"{source}-{target}"]),
            chrf(texts[target], direct[f"{source}-{target}"]),
            unit="",
            bound=CHRF_POINTS,
        )
        for source, target in PAIRS
    ]


async def translate_all(client: Client, texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """The translations by pair, `en-pt`."""
    translations = {}
    for source, target in PAIRS:

        async def translate(line: str, source: str = source, target: str = target) -> str:
            return (await client.translate(line, source, to=target)).text

        translations[f"{source}-{target}"] = await each(translate, texts[source])
    return translations


def chrf(references: list[str], translations: list[str]) -> float:
    """ChrF of 0 to 100."""
    return float(sacrebleu.corpus_chrf(translations, [references]).score)
