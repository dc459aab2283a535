"""Which language model does a request, and what is said where it cannot do all of it."""

from __future__ import annotations

from dragoman_handlers.base import RequestView
from dragoman_wire.errors import InvalidRequest


def language_model(model_type: str | None, view: RequestView) -> str:
    """Return the name in units of the model that a request asks for; empty for the default one.

    Raises:
        InvalidRequest: the server has no such model; the sentence names those that it has.
    """
    models = view.language_models
    if not model_type:
        return ""
    if model_type not in models:
        known = ", ".join(sorted(models))
        raise InvalidRequest(f"modelType: this server has no language model {model_type!r}; it has {known}")
    return models[model_type]
