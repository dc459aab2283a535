"""The commonest short phrases of chats and their translations: a small model knows them least.

"Thank you" and "Bye" are no sentences, and a model that was trained on sentences makes one up. A phrase is looked up
whole, with the punctuation and the letter case of the text carried over; `phrases/SOURCE-TARGET.toml` holds those of a
pair, and the configuration may add to them. Beside a phrase alone, these are found: one that is drawn out ("hellooo")
or repeated ("no no no"), several with commas between them ("ok, thanks"), and one with the name of the person who is
spoken to ("thank you, Maria").
"""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

import msgspec

from dragoman_handlers.text.tokens import Role, Token
from dragoman_handlers.text.wording.first_names import FIRST_NAMES

Phrases = Mapping[str, Mapping[str, str]]
"""Phrases by pair, `en-pt`: in small letters, to what they become. An empty text takes a shipped phrase away."""

_LONGEST = 100
"""Characters of a text that may be put together from phrases."""
_MOST_PARTS, _MOST_WORDS = 6, 20
_MOST_OPENING_WORDS = 5
_MOST_REPEATED_WORDS = 3
_MOST_NAMES = 2
_WORD = r"[^\W_](?:[\w'.-]*[^\W_])?"
_ENDS = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)
_BEGINNING = re.compile(r"\W*([^\s,;!?….()\"”]+)(?:\s+([^\s,;!?….()\"”]+)(?=\s))?")
"""The first word, and the second where no punctuation follows the first and the text goes on."""
_SEPARATOR = re.compile(r"(\s*(?:[,;!?…]+|\.+|\s[-–—])\s+)")  # noqa: RUF001 - the dashes are meant
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘´`", "'"))  # noqa: RUF001
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_LAUGHTER = re.compile(r"(?:ha){2,}h?|(?:he){2,}h?|(?:ah){2,}a?|(?:ja){2,}|(?:rs){2,}|k{3,}|(?:hue){2,}")
_LAUGHTER_EVERYWHERE = re.compile(r"(?:ha){2,}h?|(?:he){2,}h?|(?:ah){2,}a?")
_PRONOUN = re.compile(r"I(?![^\W\d_])")
"""Of English, which writes it with a capital wherever it stands."""
_EXCLUDED_SIGNS = frozenset("€£¥$%#@&*+=<>/\\|{}[]^~0123456789")


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """The phrases of a pair, by what is looked up: small letters, plain apostrophes, no commas."""

    phrases: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    """Phrases that end in a question mark, with their translations."""
    with_name: set[str] = field(default_factory=set)
    """Phrases that a name may follow without a comma."""
    openers: set[str] = field(default_factory=set)
    """Phrases that another phrase may follow without a comma; those of `with_name` are among them."""
    called: dict[str, str] = field(default_factory=dict)
    """Words for the person who is spoken to."""
    firsts: set[str] = field(default_factory=set)
    """The first word, and the first two, of all phrases."""
    bare: dict[str, str] = field(default_factory=dict)
    """A phrase without its accents to the phrase, as phones write it."""

    def add(self, table: Mapping[str, str]) -> list[str]:
        """Take phrases in; return the keys that they have here."""
        keys = []
        for written, translation in table.items():
            key = _key(written)
            phrases = self.questions if key.endswith("?") else self.phrases
            key = key.rstrip("? ")
            keys.append(key)
            if not translation:
                phrases.pop(key, None)
                continue
            phrases[key] = translation.rstrip("?") if phrases is self.questions else translation
            bare = _without_accents(key)
            self.bare.setdefault(bare, key)
            for words in (key.split(), bare.split()):
                self.firsts.update({words[0], " ".join(words[:2])})
        return keys

    def may_begin(self, text: str) -> bool:
        """Return whether any phrase begins as a text does. Rules out nearly every other text at once."""
        found = _BEGINNING.match(text)
        if found is None:
            return False
        first, second = found.groups("")
        first, second = first.lower(), second.lower()
        if not text.isascii():
            first, second = first.translate(_APOSTROPHES), second.translate(_APOSTROPHES)
        if not second:
            known = first in self.firsts
        else:
            known = f"{first} {second}" in self.firsts or first in self.openers or first == second
        known = known or (not second and first in FIRST_NAMES)
        return known or _DRAWN_OUT.search(first) is not None or _LAUGHTER.fullmatch(first) is not None


class PhraseBook:
    """The phrases of all pairs.

    Args:
        more: phrases beside those that are shipped, which they override.
        shipped: whether those are used at all.
    """

    def __init__(self, more: Phrases | None = None, *, shipped: bool = True) -> None:
        self._pairs: dict[tuple[str, str], _Pair] = {}
        self._words: dict[tuple[str, str], frozenset[str]] = {}
        more = more or {}
        for name in {*(shipped_pairs() if shipped else ()), *more}:
            source, _, target = name.replace("_", "-").lower().partition("-")
            pair = _Pair()
            if shipped and name in shipped_pairs():
                tables = _shipped(name)
                pair.with_name.update(pair.add(tables.get("with_name", {})))
                pair.openers.update(pair.with_name, pair.add(tables.get("openers", {})))
                pair.add(tables.get("phrases", {}))
                pair.called.update({_key(key): value for key, value in tables.get("called", {}).items()})
            pair.add(more.get(name, {}))
            self._pairs[source, target] = pair
        facts = [shipped, sorted((name, sorted(table.items())) for name, table in more.items())]
        self.digest = hashlib.blake2b(msgspec.msgpack.encode(facts), digest_size=16).hexdigest()
        """Of all that is not shipped."""

    def find(self, text: str, source: str, target: str, tokens: Sequence[Token] = ()) -> str | None:
        """Translate a sentence that is put together from phrases; None for any other.

        Args:
            text: the sentence.
            source: its language, a base language.
            target: the language that is wanted, a base language.
            tokens: what in it is not translated; a name (`@ana`) may be the person who is spoken to.
        """
        pair = self._pairs.get((source, target))
        if pair is None or len(text) > _LONGEST or not (tokens or pair.may_begin(text)):
            return None
        names = {text[token.start : token.end]: token.text for token in tokens if token.role is Role.NAME}
        if len(names) < len(tokens):
            return None
        return _Search(pair, names, plain_laughter=source not in _LAUGHS_ALOUD).whole(text)

    def words(self, source: str, target: str) -> frozenset[str]:
        """Return every word of a pair's phrases: the commonest words of the source's language, in small letters."""
        known = self._words.get((source, target))
        if known is None:
            pair = self._pairs.get((source, target), _Pair())
            known = frozenset(word for key in (*pair.phrases, *pair.questions) for word in key.split())
            self._words[source, target] = known
        return known

    def word(self, word: str, source: str, target: str) -> str | None:
        """Return the translation of a phrase as the book has it, without carrying case or punctuation over."""
        pair = self._pairs.get((source, target))
        return None if pair is None else pair.phrases.get(_key(word))


NO_PHRASES = PhraseBook(shipped=False)
_LAUGHS_ALOUD = frozenset({"en"})
"""Languages whose laughter (`haha`) is understood everywhere; elsewhere it is spelled in ways of its own (`kkk`)."""


class _Search:
    """One sentence's way through the phrases of a pair."""

    def __init__(self, pair: _Pair, names: Mapping[str, str], *, plain_laughter: bool) -> None:
        self._pair = pair
        self._names = names
        self._plain_laughter = plain_laughter
        self._found_phrase = False

    def whole(self, text: str) -> str | None:
        """Translate a text as `PhraseBook.find` does."""
        found = _ENDS.match(text)
        assert found is not None  # noqa: S101 - it matches every text
        lead, core, trail = found.groups()
        if self._names:
            return self._with_mention(text)
        if not core or not _EXCLUDED_SIGNS.isdisjoint(lead + trail):
            return None
        if core.lower() in FIRST_NAMES and core[0].isupper():
            return text
        asks = "?" in trail
        done = self._part(core, asks=asks) if len(core.split()) < _MOST_WORDS else None
        done = done or self._parts(core, asks=asks)
        return None if done is None or not self._found_phrase else f"{lead}{done}{trail}"

    def _with_mention(self, text: str) -> str | None:
        """Translate a phrase with the only name of a text before or after it: `@ana hello`, `thanks, @ana!`."""
        [(name, shown), *others] = self._names.items()
        found = re.fullmatch(rf"(?:{re.escape(name)}(,? ))?(.+?)(?:(,? ){re.escape(name)}(\W*))?", text, re.DOTALL)
        if others or found is None or name in found[2]:
            return None
        before, inner, after, tail = found.groups()
        done = _Search(self._pair, {}, plain_laughter=self._plain_laughter).whole(inner)
        if done is None:
            return None
        return (f"{shown}{before}" if before else "") + done + (f"{after}{shown}{tail}" if after else "")

    def _parts(self, core: str, *, asks: bool) -> str | None:
        """Translate phrases and names with punctuation between them."""
        cut = _SEPARATOR.split(core)
        if not 1 < len(cut) <= 2 * _MOST_PARTS:
            return None
        done = []
        for index in range(0, len(cut), 2):
            separator = cut[index + 1] if index + 1 < len(cut) else "?" * asks
            part = self._part(cut[index], asks="?" in separator)
            if part is None and index > 0:
                part = self._address(cut[index], proper=not core.isupper())
            if part is None:
                return None
            middle = index > 0 and cut[index - 1].strip()[-1:] in ",;"
            done += [_lowered(part) if middle and _PRONOUN.match(cut[index]) else part, *cut[index + 1 : index + 2]]
        return "".join(done)

    def _part(self, part: str, *, asks: bool) -> str | None:
        """Translate one phrase, repeated perhaps, or with a name or another phrase after it."""
        found = self._phrase(part, asks=asks) or self._repeated(part, asks=asks)
        if found is None and " " in part and not _SEPARATOR.search(part):
            found = self._followed(part, asks=asks)
        self._found_phrase = self._found_phrase or found is not None
        return found

    def _phrase(self, written: str, *, asks: bool) -> str | None:
        for key in _keys(written):
            found = self._translation(key, asks=asks)
            if found is not None:
                return _cased(found, written)
        return None

    def _translation(self, key: str, *, asks: bool) -> str | None:
        pair = self._pair
        for known in (key, pair.bare.get(key, key)):
            if asks and known in pair.questions:
                return pair.questions[known]
            if known in pair.phrases:
                return pair.phrases[known]
        if _LAUGHTER.fullmatch(key):
            return "haha" if self._plain_laughter and not _LAUGHTER_EVERYWHERE.fullmatch(key) else key
        return None

    def _repeated(self, part: str, *, asks: bool) -> str | None:
        """Translate a repeated phrase (`no no no`) with the same number of repetitions."""
        words = part.split()
        if _LAUGHTER.fullmatch("".join(words).lower()):
            return part if _LAUGHTER_EVERYWHERE.fullmatch("".join(words).lower()) else None
        for length in range(1, min(_MOST_REPEATED_WORDS, len(words) // 2) + 1):
            count, rest = divmod(len(words), length)
            unit = words[:length]
            lowered = [word.lower() for word in unit]
            if rest or [word.lower() for word in words] != lowered * count:
                continue
            found = self._phrase(" ".join(unit), asks=asks)
            if found is None:
                return None
            again = found if words[length] == unit[0] else _lowered(found)
            return " ".join([found, *[again] * (count - 1)])
        return None

    def _followed(self, part: str, *, asks: bool) -> str | None:
        """Translate a phrase and the address or phrase after it: `hello Maria`, `good morning everyone`."""
        words = part.split(" ")
        for count in range(min(len(words) - 1, _MOST_OPENING_WORDS), 0, -1):
            first, rest = " ".join(words[:count]), " ".join(words[count:])
            key = _key(first)
            if key not in self._pair.openers and self._pair.bare.get(key) not in self._pair.openers:
                continue
            begins = self._phrase(first, asks=False)
            if begins is None:
                continue
            if key in self._pair.with_name or self._pair.bare.get(key) in self._pair.with_name:
                address = self._address(rest, proper=not part.isupper())
                if address is not None:
                    return f"{begins} {address}"
            if " " in rest or _key(rest) in self._pair.with_name:
                follows = self._phrase(rest, asks=asks)
                if follows is not None:
                    follows = _lowered(follows) if _PRONOUN.match(rest) else follows
                    return f"{begins} {follows}" if " " in begins or "," in begins else f"{begins}, {follows}"
        return None

    def _address(self, written: str, *, proper: bool) -> str | None:
        """Translate the form of address: a word for it, or a name as it is.

        Args:
            written: what may be one.
            proper: whether a capital tells a name.
        """
        key = _key(written)
        called = self._pair.called.get(key)
        if called is not None:
            return _cased(called, written)
        words = written.split()
        if key in FIRST_NAMES and written[0].isupper():
            return written
        plain = all(re.fullmatch(_WORD, word) and word[0].isupper() and not word[1:].isupper() for word in words)
        if proper and 1 <= len(words) <= _MOST_NAMES and plain and key not in self._pair.phrases:
            return written
        return None


def shipped_pairs() -> Sequence[str]:
    """Return the pairs that the package has phrases of, as `en-pt`."""
    return _shipped_names()


@functools.cache
def _shipped_names() -> tuple[str, ...]:
    folder = resources.files(__package__) / "phrases"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


@functools.cache
def _shipped(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the tables of a pair's file."""
    text = (resources.files(__package__) / "phrases" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _key(written: str) -> str:
    """Return the key of a phrase."""
    return " ".join(written.translate(_APOSTROPHES).lower().replace(",", " ").split())


def _keys(written: str) -> Iterable[str]:
    """Return the possible keys of a phrase: its own, then with its drawn-out letters once or twice."""
    key = _key(written)
    yield key
    if _DRAWN_OUT.search(key) and not _LAUGHTER.fullmatch(key):
        yield _DRAWN_OUT.sub(r"\1", key)
        yield _DRAWN_OUT.sub(r"\1\1", key)


def _without_accents(key: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", key) if not unicodedata.combining(sign))


def _cased(translation: str, written: str) -> str:
    """Return a translation in the letter case of its source: capitals, one capital, or as the book has it."""
    letters = [sign for sign in written if sign.isalpha()]
    if len(letters) > 1 and written.upper() == written:
        return translation.upper()
    if letters and letters[0].isupper():
        return translation[:1].upper() + translation[1:]
    return translation


def _lowered(translation: str) -> str:
    return translation if _PRONOUN.match(translation) else translation[:1].lower() + translation[1:]
