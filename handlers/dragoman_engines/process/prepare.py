"""What must be done before a process is confined: a model is joined from its packages, or fetched from the hub.

It is done by a process of its own, forked off before any library is loaded, so that nothing of it is left in the one
that works for peers: no thread, no connection.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dragoman_engines.base import EngineSpec, ModelMissing
from dragoman_engines.models import ModelStore, find_entry
from dragoman_engines.models.defaults import EMBEDDED, EMBEDDED_VOICES, WHISPER_FILES, embedded_transcription
from dragoman_engines.models.resolve import resolve

_PR_SET_PDEATHSIG = 1
_MOST_BYTES = 1 << 16
_FAILED = 1
_OOM_SCORE = 300
"""As if it had 30 % of the memory more than it has."""


def prepare(spec: EngineSpec) -> None:
    """Make the models of an engine, where that needs to write files or a net.

    Raises:
        ModelMissing: one that the configuration names cannot be had.
    """
    for source in _sources(spec):
        if _is_to_make(source, spec.models_dir):
            try:
                _in_a_process(spec, source)
            except ModelMissing as error:
                if EMBEDDED not in spec.model.split("+") or spec.kind != "speech":
                    raise
                print(f"speech goes without {source}: {error}", file=sys.stderr, flush=True)


def die_with_the_parent() -> None:
    """Have the kernel kill this process when its parent ends, also in the middle of a model call (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def die_before_the_server() -> None:
    """Have the kernel choose this process before the server, where it ends one for want of memory (Linux).

    An engine is replaced in a second, and its units are done again; with the server all engines would start anew.
    """
    with suppress(OSError):
        score = Path("/proc/self/oom_score_adj")
        score.write_text(str(max(int(score.read_text()), _OOM_SCORE)))


def _sources(spec: EngineSpec) -> Sequence[str]:
    found: list[str] = []
    for name in spec.model.split("+"):
        if name != EMBEDDED:
            found.append(name)
        elif spec.kind == "transcription":
            found.append(embedded_transcription(spec.models_dir))
        elif spec.kind == "speech":
            found += EMBEDDED_VOICES
    return found


def _is_to_make(source: str, models_dir: str) -> bool:
    """Return whether it lies neither in a package nor in a folder, and was not made yet."""
    scheme, colon, _ = source.partition(":")
    if colon:
        return scheme == "hub"
    store = ModelStore(models_dir)
    entry = find_entry(source, store.root)
    return entry is not None and not entry.in_place and store.manifest(source) is None


def _in_a_process(spec: EngineSpec, source: str) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        die_with_the_parent()
        os._exit(_make(spec, source, writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        reason = told.read(_MOST_BYTES).decode("utf-8", "replace")
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise ModelMissing(reason or f"the model {source} could not be made: its process ended with {status}")


def _make(spec: EngineSpec, source: str, told: int) -> int:
    try:
        resolve(source, WHISPER_FILES if spec.kind == "transcription" else (), spec.models_dir)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the other process says it
        reason = str(error) if isinstance(error, ModelMissing) else f"{type(error).__name__}: {error}"
        os.write(told, reason.encode("utf-8", "replace")[:_MOST_BYTES])
        return _FAILED
    return 0
