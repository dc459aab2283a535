"""The same work as scripts/quality.py sends to the server, done by the engines' own libraries, without Dragoman.

Reads a job as JSON from standard input and writes the answers as JSON: `{"clips": [path], "lines": {"en-pt": [text]}}`
becomes `{"clips": [text], "lines": {"en-pt": [translation]}}`. What is the server's own is only where the model's
files are and with which settings it runs.
"""

from __future__ import annotations

import json
import sys

from faster_whisper import BatchedInferencePipeline, WhisperModel
from fxtranslate import Translator

from dragoman_engines.models import resolve
from dragoman_engines.whisper import BEAM
from dragoman_server.config import EnginesConfig

SETTINGS = EnginesConfig()


def main() -> None:
    """Do the job."""
    job = json.load(sys.stdin)
    lines = {pair: _translate(pair, lines) for pair, lines in job["lines"].items()}
    json.dump({"clips": _transcribe(job["clips"]), "lines": lines}, sys.stdout)


def _transcribe(clips: list[str]) -> list[str]:
    settings = SETTINGS.transcription
    model = WhisperModel(
        str(resolve(settings.model).folder),
        device=settings.device,
        compute_type=settings.compute_type,
        cpu_threads=settings.threads,
        local_files_only=True,
    )
    pipeline = BatchedInferencePipeline(model)
    texts = []
    for clip in clips:
        segments, _ = pipeline.transcribe(
            clip, language="en", beam_size=BEAM, word_timestamps=True, batch_size=settings.batch
        )
        texts.append(" ".join(segment.text.strip() for segment in segments))
    return texts


def _translate(pair: str, lines: list[str]) -> list[str]:
    [model] = resolve(SETTINGS.translation.model).folder.glob(f"{pair.replace('-', '')}-*/model.*.bin")
    [vocabulary] = model.parent.glob("vocab.*.spm")
    [shortlist] = model.parent.glob("lex.*.bin")
    words = vocabulary.read_bytes()
    translator = Translator(model.read_bytes(), words, words, shortlist.read_bytes())
    return [translator.translate_long(line) for line in lines]


if __name__ == "__main__":
    main()
