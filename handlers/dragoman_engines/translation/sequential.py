"""Translation of one pair by fxtranslate, sentence by sentence. Its objects belong to the thread that made them."""

from __future__ import annotations

from collections.abc import Sequence

from fxtranslate import Translator

from dragoman_engines.base import ModelMissing
from dragoman_engines.translation.firefox_files import PairFiles


class SequentialTranslator:
    """A pair's translator.

    Args:
        files: of the pair; read in 0.05 to 0.1 s.

    Raises:
        ModelMissing: a file is not what its name says.
    """

    def __init__(self, files: PairFiles) -> None:
        self._files = files
        self._usual = _load(files, shortlist=True)
        self._careful: Translator | None = None

    def translate(self, sentences: Sequence[str], *, careful: bool) -> list[str]:
        """Translate each sentence; with `careful` every word of the vocabulary is considered, in 1.6 times the time.

        Raises:
            ValueError: fxtranslate failed.
        """
        if careful and self._careful is None:
            self._careful = _load(self._files, shortlist=False)
        translator = self._careful if careful and self._careful is not None else self._usual
        # `translate_long` would cut sentences by rules of its own, after `Dr.` and `U.S.` as well; `translate` cuts
        # none, and leaves out what is too much.
        return [translator.translate(sentence) for sentence in sentences]


def _load(files: PairFiles, *, shortlist: bool) -> Translator:
    source = files.source_vocabulary.read_bytes()
    target = source if files.target_vocabulary == files.source_vocabulary else files.target_vocabulary.read_bytes()
    extra = (files.shortlist.read_bytes(),) if shortlist else ()
    try:
        return Translator(files.model.read_bytes(), source, target, *extra)
    except ValueError as error:
        raise ModelMissing(f"the translation model in {files.model.parent} cannot be read: {error}") from error
