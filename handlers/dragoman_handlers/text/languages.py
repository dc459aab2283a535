"""Languages: their tags, and the way from one to another."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence

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
_STEPS = 3
"""Each model adds its mistakes to those of the one before: the result of a fourth does not help a reader."""


@functools.lru_cache(maxsize=1024)
def base_language(tag: str) -> str:
    """Return the ISO 639 code that models go by: `pt` for `pt-BR`, `PT` or `pt_PT`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def find_route(
    source: str, target: str, pairs: Sequence[tuple[str, str]], languages: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Return the models to go through, in order: none where nothing changes, one for a direct pair, else up to three.

    Of the ways with the fewest models one through English is taken, and else the first by name.

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
    ways = _ways_from(source, tuple(pairs))
    if target in ways:
        stations = (source, *ways[target], target)
        return list(itertools.pairwise(stations))
    known = _some([f"{one}-{other}" for one, other in sorted(pairs)])
    raise UnsupportedLanguage(f"no model translates from {source!r} to {target!r}; there are {known}")


def all_routes(pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield every source and target between which there is a way, with the languages in between."""
    direct = tuple(pairs)
    for source in sorted({source for source, _ in direct}):
        for target, via in sorted(_ways_from(source, direct).items()):
            yield source, target, via


@functools.lru_cache(maxsize=1024)
def _ways_from(source: str, pairs: tuple[tuple[str, str], ...]) -> Mapping[str, tuple[str, ...]]:
    """Return each target that can be reached with at most `_STEPS` models, and the languages in between."""
    onward: dict[str, list[str]] = {}
    for one, other in sorted(pairs):
        onward.setdefault(one, []).append(other)
    ways: dict[str, tuple[str, ...]] = {}
    ends: list[tuple[str, ...]] = [()]
    for _ in range(_STEPS):
        # English first: most models are trained on pairs with it.
        ends.sort(key=lambda way: PIVOT not in way)
        longer = []
        for way in ends:
            for target in onward.get(way[-1] if way else source, ()):
                if target != source and target not in ways:
                    ways[target] = way
                    longer.append((*way, target))
        ends = longer
    return ways


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    return ", ".join(names[:_NAMED_AT_MOST]) + more
