"""What a request wants of its translations beside the languages: a model, and a glossary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from dragoman_handlers.base import Context
from dragoman_handlers.glossary import Glossary, Terms, check_entries
from dragoman_wire.requests import Replacement

DEFAULT_MODEL_TYPE = "basic"


class Wishing(Protocol):
    """A request that can have wishes."""

    @property
    def model_type(self) -> str | None:
        """The kind of model."""
        ...

    @property
    def glossary(self) -> Mapping[str, Replacement] | None:
        """Terms that stay or become something."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TranslationWish:
    """The model and the glossaries in force for a request."""

    model_type: str = DEFAULT_MODEL_TYPE
    """The model's name for peers: that of the request where the server has such a model, else that of the default."""
    model: str = ""
    """Its name in units."""
    glossaries: tuple[Glossary, ...] = ()
    """The request's own first."""

    def terms(self, target: str) -> list[Terms]:
        """What is to be looked for in a text for this language."""
        return [terms for glossary in self.glossaries if (terms := glossary.terms(target))]


def translation_wish(request: Wishing, context: Context) -> TranslationWish:
    """What this request wants.

    Raises:
        TooLarge: its glossary is over a limit.
        InvalidRequest: its glossary has an empty text.
    """
    check_entries(request.glossary, context.limits)
    own = (Glossary(request.glossary),) if request.glossary else ()
    wanted = request.model_type or DEFAULT_MODEL_TYPE
    model_type = wanted if wanted in context.models else DEFAULT_MODEL_TYPE
    return TranslationWish(
        model_type=model_type,
        model=context.models.get(model_type, ""),
        glossaries=(*own, context.glossary),
    )
