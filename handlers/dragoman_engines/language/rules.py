"""Corrections by rules, without a model and without a key: Harper for English, LingoTweaker for other languages.

Both say more than is right: on right text every sixth line is doubted. So only kinds of mistakes that are safe are
corrected: agreement, grammar, repetition, articles and contractions, where there is one remedy, and never a word with
a capital that they do not know. All else is a suggestion.
"""

# ruff: noqa: PLC0415 -- the libraries are imported in the process of the engine only

from __future__ import annotations

import importlib.metadata
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from dragoman_engines.base import Capabilities, ModelMissing
from dragoman_engines.work import AnyResult, AnyWork, CorrectedText, CorrectText, Failure, TextEdit
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage

MODEL = "rules"
INSTALL = "pip install 'dragoman[rules]'"
CHUNK_CHARS = 2000
_DATA = "lingotweaker-data-"
_ENGLISH = "en"
_VARIANTS = {"pt": "pt-PT", "de": "de-DE", "ca": "ca-ES", "nl": "nl", "es": "es", "fr": "fr"}
_MOST_LOADED = 2
"""Languages of LingoTweaker at a time: each takes some hundred MiB."""
_SAFE_KINDS = frozenset({"Agreement", "Grammar", "Repetition", "Typo"})
"""Of Harper."""
_ARTICLE = "indefinite article"
_SAFE_CATEGORIES = ("AGREEMENT", "GRAMMAR", "REPETITIONS", "CAT_GRAMMAIRE", "CONTRACTION", "ARTICLE")
"""How the categories of LingoTweaker begin that are safe."""
_MOST_MESSAGE = 300


class RulesEngine:
    """Corrects chunks one by one.

    Raises:
        ModelMissing: neither library is installed.
    """

    def __init__(self) -> None:
        self._versions = dict(_versions())
        self._english: Any = None
        if "harper-py" in self._versions:
            from harper import Linter

            self._english = Linter()
        data = sorted(name.removeprefix(_DATA) for name in self._versions if name.startswith(_DATA))
        others = data if "lingotweaker" in self._versions else []
        self._others = [language for language in others if "-" not in language and language != _ENGLISH]
        if self._english is None and not self._others:
            raise ModelMissing(f"no rules are installed for any language; run: {INSTALL}")
        self._loaded: OrderedDict[str, Any] = OrderedDict()

    @property
    def capabilities(self) -> Capabilities:
        """Return the languages that there are rules for."""
        english = [_ENGLISH] if self._english is not None else []
        return Capabilities(
            model=MODEL,
            revision=",".join(f"{name}-{version}" for name, version in sorted(self._versions.items())),
            languages=[*english, *self._others],
            chunk_chars=CHUNK_CHARS,
        )

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Return the edits of each chunk, in order."""
        return [self._answer(work) for work in batch]

    def _answer(self, work: AnyWork) -> AnyResult:
        if not isinstance(work, CorrectText):
            return Failure(code=EngineFailed.code, message="rules only correct; this needs a language model")
        if work.language == _ENGLISH and self._english is not None:
            return CorrectedText(edits=settled(_english_edits(self._english, work.text)))
        if work.language in self._others:
            matches = self._engine(work.language).check(work.text)
            return CorrectedText(edits=settled(_other_edits(matches, work.text)))
        return Failure(code=UnsupportedLanguage.code, message=f"there are no rules for {work.language!r}")

    def _engine(self, language: str) -> Any:
        """Return the rules of a language; loading them takes seconds."""
        engine = self._loaded.get(language)
        if engine is None:
            from lt_py import Engine

            while len(self._loaded) >= _MOST_LOADED:
                self._loaded.popitem(last=False)
            engine = self._loaded[language] = Engine(_VARIANTS.get(language, language))
        self._loaded.move_to_end(language)
        return engine


def settled(edits: Iterable[TextEdit]) -> list[TextEdit]:
    """Return edits in order; of those that are sure and overlap, the first stays so, the others are suggestions."""
    found: list[TextEdit] = []
    reached = 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        if edit.sure and edit.start < reached:
            found.append(_changed(edit, sure=False))
            continue
        if edit.sure:
            reached = edit.end
        found.append(edit)
    return found


def _changed(edit: TextEdit, *, sure: bool) -> TextEdit:
    return TextEdit(
        start=edit.start,
        end=edit.end,
        replacement=edit.replacement,
        message=edit.message,
        category=edit.category,
        sure=sure,
    )


def _english_edits(linter: Any, text: str) -> Iterator[TextEdit]:
    from harper import Language, SuggestionKind

    for lint in linter.lint(text, language=Language.PLAINTEXT):
        suggestions = lint.suggestions
        if not suggestions:
            continue
        start, end = lint.span.start, lint.span.end
        replacement = suggestions[0].replacement_text
        if suggestions[0].kind == SuggestionKind.INSERT_AFTER:
            replacement = text[start:end] + replacement
        safe = lint.lint_kind in _SAFE_KINDS or _ARTICLE in lint.message
        yield TextEdit(
            start=start,
            end=end,
            replacement=replacement,
            message=lint.message[:_MOST_MESSAGE],
            category=lint.lint_kind,
            sure=safe and len(suggestions) == 1 and not _is_name(text, start, end),
        )


def _other_edits(matches: Sequence[Any], text: str) -> Iterator[TextEdit]:
    """Turn LingoTweaker's matches, whose places are counted in bytes of UTF-8, into edits."""
    ends = list(accumulate(len(sign.encode("utf-8", "surrogatepass")) for sign in text))
    for match in matches:
        if not match["suggestions"] or match["offset"] + match["length"] > (ends[-1] if ends else 0):
            continue
        start = bisect_right(ends, match["offset"])
        end = bisect_right(ends, match["offset"] + match["length"])
        category = str(match["category_id"])
        message = str(match["message"]).replace("<suggestion>", "«").replace("</suggestion>", "»")
        yield TextEdit(
            start=start,
            end=end,
            replacement=match["suggestions"][0],
            message=message[:_MOST_MESSAGE],
            category=category,
            sure=(
                category.startswith(_SAFE_CATEGORIES)
                and len(match["suggestions"]) == 1
                and not _is_name(text, start, end)
            ),
        )


def _is_name(text: str, start: int, end: int) -> bool:
    """Tell whether it is a word with a capital inside a sentence, or the same word twice with one: `Pago Pago`."""
    stretch = text[start:end]
    before = text[:start].rstrip()
    inside = bool(before) and before[-1] not in ".!?:…\"'“”«»(\n"
    return any(word[:1].isupper() for word in stretch.split()) and (inside or len(stretch.split()) > 1)


def _versions() -> Iterator[tuple[str, str]]:
    """Yield what is installed of the libraries and their data, with its version."""
    for each in importlib.metadata.distributions():
        name = (each.metadata["Name"] or "").lower().replace("_", "-")
        if name in ("harper-py", "lingotweaker") or name.startswith(_DATA):
            yield name, each.version
