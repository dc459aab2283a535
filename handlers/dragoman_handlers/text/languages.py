"""Languages: their tags, and the way from one to another."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from dragoman_wire.errors import UnsupportedLanguage

AUTO = "auto"
UNDETERMINED = "und"
"""The language of a text that has no letters, in the word of ISO 639."""
PIVOT = "en"
_WELL_KNOWN = (
    "ar bg bn ca cs da de el en es et fa fi fr gl gu he hi hr hu id it ja ka kn ko lt lv mk ml mr ms nb nl no pl pt ro"
    " ru sk sl sq sr sv ta te th tr uk ur vi zh"
)
WELL_KNOWN = frozenset(_WELL_KNOWN.split())
"""Languages that an identifier can be relied on for."""
_NAMED_AT_MOST = 20


@functools.lru_cache(maxsize=1024)
def base_language(tag: str) -> str:
    """`pt` of `pt-BR`, `PT` or `pt_PT`: the ISO 639 code that models go by."""
    return tag.replace("_", "-").partition("-")[0].lower()


def find_route(
    source: str, target: str, pairs: Sequence[tuple[str, str]], languages: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """The models to go through, in order: none where nothing changes, one for a direct pair, two by English.

    Without `pairs` the engine translates between any of `languages`, and without those between any languages at all.

    Raises:
        UnsupportedLanguage: there is no way.
    """
    if source == target:
        return []
    if not pairs:
        for language in (source, target):
            if languages and language not in languages:
                raise UnsupportedLanguage(f"the model does not know {language!r}; it knows {_some(sorted(languages))}")
        return [(source, target)]
    if (source, target) in pairs:
        return [(source, target)]
    if (source, PIVOT) in pairs and (PIVOT, target) in pairs:
        return [(source, PIVOT), (PIVOT, target)]
    known = _some([f"{one}-{other}" for one, other in sorted(pairs)])
    raise UnsupportedLanguage(f"no model translates from {source!r} to {target!r}; there are {known}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    return ", ".join(names[:_NAMED_AT_MOST]) + more
