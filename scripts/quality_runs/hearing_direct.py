"""Transcription by faster-whisper alone: `{"model": SOURCE, "clips": [[path, language]]}` becomes `[text]`.

What is the server's own is only where the model's files are and with which settings it runs.
"""

from __future__ import annotations

import json
import sys

from faster_whisper import BatchedInferencePipeline, WhisperModel

from dragoman_engines.models.resolve import resolve
from dragoman_engines.transcription.beam_search import BEAM
from dragoman_server.config import EnginesConfig


def main() -> None:
    """Do the job."""
    job = json.load(sys.stdin)
    settings = EnginesConfig().transcription
    model = WhisperModel(
        str(resolve(job["model"]).folder),
        device=settings.device,
        compute_type=settings.compute_type,
        cpu_threads=settings.threads,
        local_files_only=True,
    )
    pipeline = BatchedInferencePipeline(model)
    texts = []
    for path, language in job["clips"]:
        segments, _ = pipeline.transcribe(
            path, language=language, beam_size=BEAM, word_timestamps=True, batch_size=settings.batch
        )
        texts.append(" ".join(segment.text.strip() for segment in segments))
    json.dump(texts, sys.stdout)


if __name__ == "__main__":
    main()
