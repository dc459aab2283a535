"""What becomes of texts on their way through the server: each measure is one function from a `Plan` to checks."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman_client import Client
from scripts.quality_runs import identifiers, lines, text_cases
from scripts.quality_runs.asking import ask_server
from scripts.quality_runs.plan import Part, Plan
from scripts.quality_runs.report import Check, at_least, at_most
from scripts.quality_runs.translation import MANY_LINES, PAIRS, chrf, markup_kept, translate_all, translate_hard

LEAST_CHRF = {"en-pt": 70.2, "pt-en": 69.7}
"""Of 500 FLORES lines: what the server had before it wrote texts another way for its models."""
ROUNDING = 0.05


def measure(plan: Plan) -> list[Check]:
    """Measure all of `MEASURES`, one after the other."""
    return [check for part in MEASURES for check in part(plan)]


def ordinary_sentences(plan: Plan) -> list[Check]:
    """Whole sentences in ordinary letter case: nothing that helps others may harm them."""
    texts = {language: plan.flores(language)[: plan.lines] for language in ("en", "pt")}

    async def translated(client: Client) -> dict[str, list[str]]:
        return {
            f"{source}-{target}": await translate_all(client, texts[source], source, target)
            for source, target in PAIRS
        }

    answers = ask_server(translated)
    enough = plan.lines >= MANY_LINES
    return [
        *(
            at_least(
                f"chrF, {len(texts[target])} FLORES lines, {source} to {target}, as text",
                chrf(texts[target], answers[f"{source}-{target}"]),
                unit="",
                bound=LEAST_CHRF[f"{source}-{target}"] - ROUNDING if enough else None,
            )
            for source, target in PAIRS
        ),
        at_most(
            f"of {2 * len(texts['en'])} good translations, called bad",
            sum(lines.count("") for lines in answers.values()),
            unit="",
            bound=0,
        ),
    ]


def hard_markup(plan: Plan) -> list[Check]:  # noqa: ARG001 - the cases are always the same
    """Texts that are full of what is no language."""
    return [markup_kept(ask_server(translate_hard))]


MEASURES: Sequence[Part] = (text_cases.measure, ordinary_sentences, hard_markup, identifiers.measure, lines.measure)
