"""Translation with models in CTranslate2's format, on the processor or a GPU: NLLB-200, M2M100, OPUS-MT.

A folder holds one model: `model.bin`, `config.json`, its vocabulary (`shared_vocabulary.json`, or one for each side),
and the SentencePiece model (or the `tokenizer.json`) that it was trained with. What kind it is, the vocabulary tells:

    eng_Latn, por_Latn ...    NLLB: any of its languages to any other
    __en__, __pt__ ...        M2M100: the same
    neither                   OPUS-MT: one pair, named by the folder (`en-pt`, `opus-mt-en-pt`); `source.spm` and
                              `target.spm`. With `>>pt<<` in the vocabulary it has several target languages.

OPUS-MT models of several pairs lie beside each other below the source.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ctranslate2

from dragoman_engines.base import Alphabet, Capabilities, EngineSpec, ModelMissing
from dragoman_engines.device import ctranslate2_device
from dragoman_engines.models.resolve import ModelFolder
from dragoman_engines.translation.alphabet import alphabet
from dragoman_engines.translation.flores_codes import flores_languages, two_letters
from dragoman_engines.translation.subwords import Subwords, cut, load_subwords
from dragoman_engines.work import AnyResult, AnyWork, Failure, TranslateSentences, Translations
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage

MOST_TOKENS = 200
"""Longer sentences are cut: models were trained on sentences, and drop what comes late in a longer text."""
_BATCH_TOKENS = 4096
_LONGEST_TIMES, _LONGEST_MORE, _LONGEST = 3, 32, 500
"""An output is cut off at this many times the input's tokens and some more; OPUS-MT has no places past 512."""
_CAREFUL = {"repetition_penalty": 1.2, "no_repeat_ngram_size": 4}
_END = "</s>"
_PAIR = re.compile(r"(?:.*[-_.])?([a-z]{2,3})[-_]([A-Za-z]{2,})")
_M2M = re.compile(r"__([a-z]{2,3})__")
_TARGET = re.compile(r">>([a-z]{2,3})(?:_[A-Za-z]+)?<<")
_SHARED_SUBWORDS = (
    "sentencepiece.bpe.model",
    "spm.128k.model",
    "sentencepiece.model",
    "spm.model",
    "tokenizer.model",
    "tokenizer.json",
)


@dataclass(frozen=True, kw_only=True)
class Files:
    """A model's folder, as it was found."""

    folder: Path
    source_vocabulary: Path
    source_subwords: Path
    target_subwords: Path

    def tokens(self) -> list[str]:
        """Read the vocabulary of the source side."""
        text = self.source_vocabulary.read_text(encoding="utf-8")
        if self.source_vocabulary.suffix != ".json":
            return text.splitlines()
        tokens: list[str] = json.loads(text)
        return tokens


@dataclass(frozen=True, kw_only=True)
class Tongue:
    """The tokens that tell a model the languages: before the source, and before the translation."""

    pairs: frozenset[tuple[str, str]] = frozenset()
    """Of a model for certain pairs; others translate between any two of `names`."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Language to its token."""
    source_token: bool = False
    """The source begins with its own language, and the translation with the target's (NLLB, M2M100)."""

    def can(self, source: str, target: str) -> bool:
        """Return whether it translates this pair."""
        return (source, target) in self.pairs if self.pairs else {source, target} <= self.names.keys()

    def before(self, source: str, target: str) -> tuple[list[str], list[str]]:
        """Return the tokens before the source's, and those before the translation's."""
        if self.source_token:
            return [self.names[source]], [self.names[target]]
        return ([self.names[target]] if target in self.names else []), []


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model in memory."""

    tongue: Tongue
    translator: ctranslate2.Translator
    source: Subwords
    target: Subwords
    adds_end: bool
    """The library adds the end of the sentence by itself."""


class CTranslateEngine:
    """One model for many languages, or one for each pair."""

    def __init__(self, spec: EngineSpec, model: ModelFolder) -> None:
        """Load every model below the folder: NLLB-200-distilled-600M in int8 takes 2 s and 1 GB.

        Raises:
            ModelMissing: there is none, a file of it is not readable, or the device is not here.
        """
        self._beam = spec.beam
        found = list(find_models(model.folder))
        if not found:
            raise ModelMissing(
                f"the model in {model.folder} is not complete: beside model.bin there have to be config.json,"
                " shared_vocabulary.json (or source_vocabulary.json) and sentencepiece.bpe.model (or source.spm and"
                " target.spm, or tokenizer.json)",
            )
        self._models = [_load(files, _name_of(files, model), spec) for files in found]
        tongues = [loaded.tongue for loaded in self._models]
        pairs = sorted({pair for tongue in tongues for pair in tongue.pairs})
        paths = [path for files in found for path in sorted(files.folder.iterdir()) if path.is_file()]
        self._capabilities = Capabilities(
            model=model.name,
            revision=f"{model.revision(paths)}-beam{spec.beam}",
            languages=sorted({name for pair in pairs for name in pair} or {n for one in tongues for n in one.names}),
            pairs=pairs,
            quality="good" if pairs else "fair",
            sentence_tokens=MOST_TOKENS,
            alphabets=list(_alphabets(found, tongues)),
        )

    @property
    def capabilities(self) -> Capabilities:
        """Return the languages of the models that were found."""
        return self._capabilities

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Translate all units that share a model in one call.

        Raises:
            RuntimeError: the model failed; CTranslate2 says how.
        """
        results: dict[int, AnyResult] = {}
        calls: defaultdict[tuple[int, bool], list[int]] = defaultdict(list)
        for index, work in enumerate(batch):
            chosen = self._model_for(work)
            if isinstance(chosen, Failure):
                results[index] = chosen
            elif isinstance(work, TranslateSentences):
                calls[chosen, work.careful].append(index)
        for (number, careful), indexes in calls.items():
            units = [work for index in indexes if isinstance(work := batch[index], TranslateSentences)]
            answers = self._translate(self._models[number], units, careful=careful)
            results |= zip(indexes, answers, strict=True)
        return [results[index] for index in range(len(batch))]

    def _model_for(self, work: AnyWork) -> int | Failure:
        if not isinstance(work, TranslateSentences):
            return Failure(code=EngineFailed.code, message=f"a translation model cannot do {type(work).__name__}")
        for number, loaded in enumerate(self._models):
            if loaded.tongue.can(work.source, work.target):
                return number
        message = f"the model {self._capabilities.model} does not translate from {work.source!r} to {work.target!r}"
        return Failure(code=UnsupportedLanguage.code, message=message)

    def _translate(self, loaded: Loaded, units: Sequence[TranslateSentences], *, careful: bool) -> list[Translations]:
        """Return a result for each unit. All sentences, cut where they are too long, go in one call."""
        sources: list[list[str]] = []
        prefixes: list[list[str]] = []
        counts: list[list[int]] = []
        end = [] if loaded.adds_end else [_END]
        for unit in units:
            before, prefix = loaded.tongue.before(unit.source, unit.target)
            counts.append([])
            for sentence in unit.sentences:
                parts = list(cut(loaded.source.split(sentence), MOST_TOKENS))
                sources += [[*before, *part, *end] for part in parts]
                prefixes += [prefix] * len(parts)
                counts[-1].append(len(parts))
        answers = iter(self._call(loaded, sources, prefixes, careful=careful))
        return [
            Translations(sentences=[" ".join(next(answers) for _ in range(count)) for count in unit])
            for unit in counts
        ]

    def _call(
        self, loaded: Loaded, sources: Sequence[list[str]], prefixes: Sequence[list[str]], *, careful: bool
    ) -> Iterator[str]:
        if not sources:
            return
        results = loaded.translator.translate_batch(
            sources,
            target_prefix=prefixes if any(prefixes) else None,
            beam_size=self._beam,
            batch_type="tokens",
            max_batch_size=_BATCH_TOKENS,
            max_input_length=0,
            max_decoding_length=min(_LONGEST, _LONGEST_TIMES * max(map(len, sources)) + _LONGEST_MORE),
            disable_unk=True,
            **(_CAREFUL if careful else {}),
        )
        for result, prefix in zip(results, prefixes, strict=True):
            yield loaded.target.join(result.hypotheses[0][len(prefix) :])


def find_models(root: Path) -> Iterator[Files]:
    """Find the translation models in a folder, or in those below it."""
    for binary in [root / "model.bin"] if (root / "model.bin").is_file() else sorted(root.rglob("model.bin")):
        files = _files(binary.parent)
        if files is not None:
            yield files


def _alphabets(found: Sequence[Files], tongues: Sequence[Tongue]) -> Iterator[Alphabet]:
    """Yield the characters that each model reads and writes, where they are known."""
    for files, tongue in zip(found, tongues, strict=True):
        pairs: list[tuple[str, str] | None] = [*sorted(tongue.pairs)]
        for pair in pairs or [None]:
            known = alphabet(files.source_subwords, files.target_subwords, pair)
            if known is not None:
                yield known


def _files(folder: Path) -> Files | None:
    vocabulary = next(iter(sorted([*folder.glob("shared_vocabulary.*"), *folder.glob("source_vocabulary.*")])), None)
    shared = next((folder / name for name in _SHARED_SUBWORDS if (folder / name).is_file()), None)
    source = folder / "source.spm" if (folder / "source.spm").is_file() else shared
    target = folder / "target.spm" if (folder / "target.spm").is_file() else shared
    if vocabulary is None or source is None or target is None:
        return None
    return Files(folder=folder, source_vocabulary=vocabulary, source_subwords=source, target_subwords=target)


def _name_of(files: Files, model: ModelFolder) -> str:
    """Return the name that tells the pair of a model: its folder's, or the source's where both are one."""
    return model.name if files.folder == model.folder else files.folder.name


def _load(files: Files, name: str, spec: EngineSpec) -> Loaded:
    try:
        translator = ctranslate2.Translator(
            str(files.folder),
            device=ctranslate2_device(spec),
            compute_type=spec.compute_type,
            intra_threads=spec.threads,
        )
        config_file = files.folder / "config.json"
        config = json.loads(config_file.read_text(encoding="utf-8")) if config_file.is_file() else {}
        return Loaded(
            tongue=_tongue(files.tokens(), name),
            translator=translator,
            source=load_subwords(files.source_subwords),
            target=load_subwords(files.target_subwords),
            adds_end=bool(config.get("add_source_eos")),
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelMissing(f"the translation model in {files.folder} does not load: {error}") from error


def _tongue(tokens: Sequence[str], name: str) -> Tongue:
    flores = flores_languages(tokens)
    if flores:
        return Tongue(names=flores, source_token=True)
    m2m = {match[1]: token for token in tokens if (match := _M2M.fullmatch(token))}
    if m2m:
        return Tongue(names=m2m, source_token=True)
    pair = _PAIR.fullmatch(name)
    if pair is None:
        raise ModelMissing(
            f"nothing says which languages the model {name} translates: name its folder SOURCE-TARGET, as in en-pt",
        )
    targets = {two_letters(match[1]): token for token in tokens if (match := _TARGET.fullmatch(token))}
    source = two_letters(pair[1])
    pairs = {(source, target) for target in targets if target != source} or {(source, two_letters(pair[2]))}
    return Tongue(pairs=frozenset(pairs), names=targets)
