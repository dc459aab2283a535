r"""Translation by rules with Apertium, whose programs are kept running: to get the gist, without any model file.

A pipeline of 6 to 11 small programs does one direction. It is fed text up to a NUL and answers up to a NUL, in a few
milliseconds. What has a meaning in its stream (brackets, `^ $ / @ < > { } \` and `* # + ~`) goes through it as a
"superblank", which its programs hand on as it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import selectors
import subprocess
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from dragoman_engines.base import Capabilities, ModelMissing
from dragoman_engines.translation.apertium_modes import INSTALL, MODEL, Mode, find_modes
from dragoman_engines.work import AnyResult, AnyWork, Failure, TranslateSentences, Translations
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage

MOST_PIPELINES = 6
"""Directions whose programs are kept running, the latest used; each takes 35 to 115 MB."""
TIMEOUT_S = 20.0
"""For one sentence; a pipeline that takes longer hangs."""
MOST_ANSWER_BYTES = 4 << 20
_READ_BYTES = 1 << 16
_NUL = b"\0"
_END = ".[]"
"""Ends what is sent: rules look for the end of a sentence, and programs hold back what may still go on."""
_SPECIAL = re.compile(r"[\\\[\]{}^$/@<>*#+~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_SUPERBLANK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]|\\(.)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class PipelineFailed(Exception):
    """A pipeline ended, hung or answered what cannot be an answer."""


class Pipeline:
    """The running programs of one direction."""

    def __init__(self, mode: Mode) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            for stage in mode.stages:
                source = self._processes[-1].stdout if self._processes else subprocess.PIPE
                process = subprocess.Popen(
                    stage,
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=os.environ | {"LC_ALL": "C.UTF-8"},
                )
                if self._processes and self._processes[-1].stdout is not None:
                    self._processes[-1].stdout.close()  # so that the end of one program is seen by the one before
                self._processes.append(process)
        except OSError as error:
            self.close()
            raise PipelineFailed(f"its program {stage[0]} cannot be started: {error.strerror}") from error
        first, last = self._processes[0].stdin, self._processes[-1].stdout
        if first is None or last is None:
            raise PipelineFailed("its programs have no pipes")
        self._input, self._output = first.fileno(), last.fileno()
        os.set_blocking(self._input, False)
        os.set_blocking(self._output, False)

    @property
    def pids(self) -> list[int]:
        """Return the programs' process ids, in order."""
        return [process.pid for process in self._processes]

    def ask(self, text: str, timeout_s: float) -> str:
        """Return what comes back for one text in the stream format.

        Raises:
            PipelineFailed: a program ended, or there was no answer in time.
        """
        unsent = memoryview(text.encode() + _NUL)
        answer = bytearray()
        deadline_s = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            selector.register(self._input, selectors.EVENT_WRITE)
            while not answer.endswith(_NUL):
                ready = selector.select(max(0.0, deadline_s - time.monotonic()))
                if not ready:
                    raise PipelineFailed(f"it gave no answer within {timeout_s:g} s")
                for key, _ in ready:
                    if key.fd == self._output:
                        answer += self._read()
                    else:
                        unsent = unsent[self._write(unsent) :]
                        if not unsent:
                            selector.unregister(self._input)
                if len(answer) > MOST_ANSWER_BYTES:
                    raise PipelineFailed("its answer does not end")
        return answer[:-1].decode("utf-8", "replace")

    def _read(self) -> bytes:
        part = os.read(self._output, _READ_BYTES)
        if not part:
            raise PipelineFailed("one of its programs ended")
        return part

    def _write(self, data: memoryview) -> int:
        try:
            return os.write(self._input, data)
        except BlockingIOError:
            return 0
        except BrokenPipeError as error:
            raise PipelineFailed("one of its programs ended") from error

    def close(self) -> None:
        """End the programs."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


class ApertiumEngine:
    """One pipeline for each direction that is used, started at first use and again after it failed.

    Raises:
        ModelMissing: Apertium, or every pair of it, is not installed.
    """

    def __init__(self, modes: Mapping[tuple[str, str], Mode] | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._modes = find_modes() if modes is None else modes
        if not self._modes:
            raise ModelMissing(f"Apertium has no language pair on this machine; run: {INSTALL}")
        self._timeout_s = timeout_s
        self._pipelines: OrderedDict[tuple[str, str], Pipeline] = OrderedDict()
        self._capabilities = Capabilities(
            model=MODEL,
            revision=_revision(self._modes),
            languages=sorted({language for pair in self._modes for language in pair}),
            pairs=sorted(self._modes),
            quality="gist",
        )

    @property
    def capabilities(self) -> Capabilities:
        """Return the installed pairs."""
        return self._capabilities

    @property
    def running(self) -> Mapping[tuple[str, str], Pipeline]:
        """Return the directions whose programs run, the one used last at the end."""
        return self._pipelines

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Translate unit by unit; a unit that is no translation, or has an unknown pair, is a `Failure`."""
        return [self._answer(work) for work in batch]

    def close(self) -> None:
        """End all programs."""
        while self._pipelines:
            self._pipelines.popitem()[1].close()

    def _answer(self, work: AnyWork) -> AnyResult:
        if not isinstance(work, TranslateSentences):
            return Failure(code=EngineFailed.code, message=f"a translation model cannot do {type(work).__name__}")
        pair = (work.source, work.target)
        if pair not in self._modes:
            message = f"Apertium has no pair from {work.source} to {work.target} on this machine"
            return Failure(code=UnsupportedLanguage.code, message=message)
        try:
            return Translations(sentences=[self._translate(pair, sentence) for sentence in work.sentences])
        except PipelineFailed as error:
            return Failure(code=EngineFailed.code, message=f"Apertium from {work.source} to {work.target}: {error}")

    def _translate(self, pair: tuple[str, str], sentence: str) -> str:
        """Translate one sentence; a pipeline that fails is replaced, and asked once more."""
        stream = to_stream(sentence)
        for last in (False, True):
            pipeline = self._pipeline(pair)
            try:
                return from_stream(pipeline.ask(stream, self._timeout_s))
            except PipelineFailed:
                self._pipelines.pop(pair).close()
                if last:
                    raise
        raise AssertionError("not reached")

    def _pipeline(self, pair: tuple[str, str]) -> Pipeline:
        known = self._pipelines.get(pair)
        if known is not None:
            self._pipelines.move_to_end(pair)
            return known
        while len(self._pipelines) >= MOST_PIPELINES:
            self._pipelines.popitem(last=False)[1].close()
        made = self._pipelines[pair] = Pipeline(self._modes[pair])
        return made


def to_stream(text: str) -> str:
    """Return a text in Apertium's stream format; control characters become blanks."""
    plain = _CONTROL.sub(" ", _SURROGATE.sub("\ufffd", text))
    return _SPECIAL.sub(lambda match: f"[\\{match[0]}]", plain) + _END


def from_stream(stream: str) -> str:
    """Return the text that an answer in stream format stands for."""
    text = stream.removesuffix(_END)
    return _SUPERBLANK.sub(lambda match: match[2] if match[1] is None else _ESCAPED.sub(r"\1", match[1]), text)


def _revision(modes: Mapping[tuple[str, str], Mode]) -> str:
    """Return a hash of the pipelines and of the sizes and dates of their data, which their packages never change."""
    lines = []
    for pair, mode in sorted(modes.items()):
        states = [(file.name, file.stat().st_size, int(file.stat().st_mtime)) for file in mode.files]
        lines.append(f"{pair} {mode.stages} {states}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
