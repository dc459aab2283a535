"""The language pairs of Apertium that are installed: Debian's packages apertium-SOURCE-TARGET.

Each pair has a file in the modes folder with the pipeline of programs that translates it, one line of a shell. It is
read here and never given to a shell.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MODEL = "apertium"
MODES = Path("/usr/share/apertium/modes")
INSTALL = "apt-get install apertium apertium-es-pt apertium-fr-es apertium-eng-spa"
_CODE = r"[a-z]{2,3}"
_NAME = re.compile(rf"({_CODE})-({_CODE})", re.ASCII)
_CODES = (
    "afr:af arg:an ara:ar bel:be bul:bg cat:ca cym:cy dan:da deu:de eng:en epo:eo spa:es eus:eu fra:fr glg:gl "
    "hbs:sh hin:hi ind:id isl:is ita:it kaz:kk mkd:mk mlt:mt nld:nl nno:nn nob:nb oci:oc pol:pl por:pt ron:ro "
    "rus:ru srd:sc slv:sl swe:sv tat:tt ukr:uk urd:ur zlm:ms"
)
_TWO_LETTERS = dict(each.split(":") for each in _CODES.split())
"""ISO 639-3, as the newer packages name languages, to 639-1."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One direction of a pair."""

    source: str
    target: str
    path: Path
    stages: Sequence[Sequence[str]]
    """The programs with their arguments, in order."""

    @property
    def files(self) -> list[Path]:
        """Return the data files that decide a translation."""
        return [Path(part) for stage in self.stages for part in stage if part.startswith("/") and Path(part).is_file()]


@lru_cache(maxsize=4)
def find_modes(folder: Path = MODES) -> Mapping[tuple[str, str], Mode]:
    """Return the installed directions by (source, target), ISO 639-1; none where Apertium is not installed."""
    found: dict[tuple[str, str], Mode] = {}
    for path in sorted(folder.glob("*.mode")):
        match = _NAME.fullmatch(path.stem)
        if match is None:
            continue  # a regional variant, or a tool of its developers
        stages = _stages(path)
        source, target = (_TWO_LETTERS.get(code, code) for code in match.groups())
        if stages:
            found.setdefault((source, target), Mode(source=source, target=target, path=path, stages=stages))
    return found


def _stages(path: Path) -> list[list[str]]:
    """Return the pipeline of a mode, each program answering at every NUL; none where a program is missing."""
    try:
        words = shlex.split(path.read_text(encoding="utf-8").replace("|", " | "))
    except (OSError, ValueError):
        return []
    stages: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            stages.append([])
        elif word == "$1":
            stages[-1].append("-n")  # unknown words come without the mark `*`
        elif not word.startswith("$"):
            stages[-1].append(word)
    if any(not stage or shutil.which(stage[0]) is None for stage in stages):
        return []
    return [[program, "-z", *arguments] for program, *arguments in stages]
