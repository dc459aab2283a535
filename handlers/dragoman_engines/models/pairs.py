"""Models for one language pair each, of which there are too many to list: their names say the pair.

firefox-de-en    a pair of the Firefox Translations store
opus-mt-es-de    a pair of OPUS-MT, as it was converted for CTranslate2 on the Hugging Face hub
"""

from __future__ import annotations

import re

from dragoman_engines.models.entry import Entry

_TAG = r"[a-z]{2,3}(?:-[A-Za-z]{4})?"
"""A language, with its script where there are several: `zh-Hant`."""
PAIR = re.compile(rf"({_TAG})-({_TAG})", re.ASCII)
_FIREFOX, _OPUS = "firefox-", "opus-mt-"
_OPUS_MB = 155
"""The pairs that were measured have 135 to 155."""


def pair_entry(name: str) -> Entry | None:
    """Return the entry of `firefox-de-en`, `firefox-en-zh-hant`, `opus-mt-es-de` and so on; None for another name."""
    family = next((family for family in (_FIREFOX, _OPUS) if name.startswith(family)), None)
    match = PAIR.fullmatch(name.removeprefix(family)) if family is not None else None
    if match is None or not name.islower():
        return None
    source, target = (_with_script(tag) for tag in match.groups())
    return _firefox(name, source, target) if family == _FIREFOX else _opus(name, source, target)


def _firefox(name: str, source: str, target: str) -> Entry:
    return Entry(
        name=name,
        kind="translation",
        engine="firefox",
        about=f"Firefox Translations from {source} to {target}; by way of English where no model is direct",
        languages=(source, target),
        licence="MPL-2.0",
        source=f"firefox:{source}-{target}",
    )


def _opus(name: str, source: str, target: str) -> Entry:
    return Entry(
        name=name,
        kind="translation",
        engine="ctranslate2",
        about=f"OPUS-MT from {source} to {target}",
        languages=(source, target),
        licence="Apache-2.0 (as the conversion states; see the repository for the model it was made from)",
        source=f"hub:gaudi/{name}-ctranslate2",
        size_mb=_OPUS_MB,
    )


def _with_script(tag: str) -> str:
    language, hyphen, script = tag.partition("-")
    return language + hyphen + script.title()
