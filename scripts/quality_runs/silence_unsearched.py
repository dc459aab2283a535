"""Our engine given whole sounds, without the search for speech that the server makes first.

`{"model": SOURCE, "sounds": [path]}`, files of raw samples as in the spool, becomes `[text]`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dragoman_engines.audio.spool_files import SAMPLE_BYTES
from dragoman_engines.base import EngineSpec
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import TranscribeWindow, WindowText


def main() -> None:
    """Do the job, sound by sound."""
    job = json.load(sys.stdin)
    engine = make_engine(EngineSpec(kind="transcription", model=job["model"]))
    texts = []
    for path in job["sounds"]:
        samples = Path(path).stat().st_size // SAMPLE_BYTES
        (heard,) = engine.run([TranscribeWindow(pcm_path=path, spans=[(0, samples)])])
        if not isinstance(heard, WindowText):
            raise TypeError(f"the engine did not hear {path}: {heard}")
        texts.append("".join(word.text for word in heard.words))
    json.dump(texts, sys.stdout)


if __name__ == "__main__":
    main()
