"""The engines' own libraries without the server, in a process of their own: what the server's figures stand beside.

Started by `Direct`; reads a job a line as JSON from standard input and writes the seconds that it took.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from dragoman_server.config import EnginesConfig
from scripts.embedded_server import TINY

SETTINGS = EnginesConfig()


class Direct:
    """That process, with its models loaded."""

    def __init__(self, what: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.benchmarks.direct", what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def seconds(self, job: dict[str, Any]) -> float:
        """Return the seconds that the job takes."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        return self._process.stdout.readline()


class _Translator:
    def __init__(self) -> None:
        from fxtranslate import Translator  # noqa: PLC0415 - only this process loads it

        from dragoman_engines.models.resolve import resolve  # noqa: PLC0415

        [model] = resolve(SETTINGS.translation.model).folder.glob("enpt-*/model.*.bin")
        [vocabulary] = model.parent.glob("vocab.*.spm")
        [shortlist] = model.parent.glob("lex.*.bin")
        words = vocabulary.read_bytes()
        self._translator = Translator(model.read_bytes(), words, words, shortlist.read_bytes())

    def __call__(self, job: dict[str, Any]) -> None:
        for line in job["lines"]:
            self._translator.translate_long(line)


class _Whisper:
    def __init__(self) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel  # noqa: PLC0415 - only this process loads it

        from dragoman_engines.models.resolve import resolve  # noqa: PLC0415

        settings = SETTINGS.transcription
        model = WhisperModel(
            str(resolve(TINY).folder), compute_type=settings.compute_type, cpu_threads=settings.threads
        )
        self._pipeline = BatchedInferencePipeline(model)

    def __call__(self, job: dict[str, Any]) -> None:
        import numpy as np  # noqa: PLC0415
        from faster_whisper import decode_audio  # noqa: PLC0415

        clips = [decode_audio(path) for path in job["clips"]]
        if job["one_at_a_time"]:
            for clip in clips:
                list(self._pipeline.transcribe(clip, language="en", word_timestamps=True)[0])
            return
        ends = np.cumsum([len(clip) for clip in clips]) / 16_000
        places = [
            {"start": float(end) - len(clip) / 16_000, "end": float(end)}
            for clip, end in zip(clips, ends, strict=True)
        ]
        places[-1]["end"] -= 0.001  # faster-whisper asserts that the clips are not longer than the audio
        whole = np.concatenate(clips)
        segments, _ = self._pipeline.transcribe(
            whole, language="en", word_timestamps=True, clip_timestamps=places, batch_size=8
        )
        list(segments)


def main() -> None:
    """Do jobs until the pipe ends."""
    engine = _Whisper() if sys.argv[1] == "whisper" else _Translator()
    print("ready", flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        begin_s = time.perf_counter()
        engine(job)
        print(time.perf_counter() - begin_s, flush=True)


if __name__ == "__main__":
    main()
