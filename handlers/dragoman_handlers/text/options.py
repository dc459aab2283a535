"""A request's options for its translations beside the languages: a model, a glossary; and the phrase book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from dragoman_handlers.base import RequestView
from dragoman_handlers.concurrency import SharedWork
from dragoman_handlers.text.marks.glossary import Glossary, Terms, check_entries
from dragoman_handlers.text.sentences.segmentation import Piece
from dragoman_handlers.text.wording.phrasebook import NO_PHRASES, PhraseBook
from dragoman_wire.requests import Replacement

DEFAULT_MODEL_TYPE = "basic"


class Wishing(Protocol):
    """A request that can have wishes."""

    @property
    def model_type(self) -> str | None:
        """Return the kind of model."""
        ...

    @property
    def glossary(self) -> Mapping[str, Replacement] | None:
        """Return the glossary: terms that stay as they are or have a given translation."""
        ...


class TranslationWish(msgspec.Struct, frozen=True, kw_only=True):
    """The model and the glossaries in force for a request."""

    model_type: str = DEFAULT_MODEL_TYPE
    """The model's name for peers: that of the request where the server has such a model, else that of the default."""
    model: str = ""
    """Its name in units."""
    glossaries: tuple[Glossary, ...] = ()
    """Those with any entries, the request's own first."""
    phrases: PhraseBook = NO_PHRASES
    """The server's."""
    pieces: SharedWork[Sequence[Piece]] = msgspec.field(default_factory=SharedWork)
    """The request's texts, cut: once for all languages for which they are cut alike."""

    @property
    def has_many_terms(self) -> bool:
        """Return whether it takes more than a moment to look for the terms."""
        return any(glossary.is_large for glossary in self.glossaries)

    def terms(self, target: str) -> list[Terms]:
        """Return the terms to find in a text for this language."""
        return [terms for glossary in self.glossaries if (terms := glossary.terms(target))]


def translation_wish(request: Wishing, view: RequestView) -> TranslationWish:
    """Return the options of this request.

    Raises:
        TooLarge: its glossary is over a limit.
        InvalidRequest: its glossary has an empty text.
    """
    glossaries = (view.glossary,) if view.glossary else ()
    if request.glossary:
        check_entries(request.glossary, view.limits)
        glossaries = (Glossary(request.glossary), *glossaries)
    models = view.models
    wanted = request.model_type or DEFAULT_MODEL_TYPE
    model_type = wanted if wanted in models else DEFAULT_MODEL_TYPE
    return TranslationWish(
        model_type=model_type,
        model=models.get(model_type, ""),
        glossaries=glossaries,
        phrases=view.phrases,
    )
