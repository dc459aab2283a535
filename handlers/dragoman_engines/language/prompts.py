"""What a model is told: kept in files of their own, with a version, and with the text as data.

The text stands between two lines with a mark that is made of the text itself, so that no text can hold it and end the
data early.
"""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

from dragoman_engines.language.tokens import estimated_tokens
from dragoman_engines.work import CorrectText, ExtractData

_MARK_CHARS = 12
_SPARE_TOKENS = 64
_LONGER = 1.5
"""A corrected text has at most so many times the tokens of the text."""
_DATA_TOKENS = 2048
"""Of an extraction's answer, as a rule; a larger text has a larger one."""


class Message(msgspec.Struct, frozen=True):
    """One message of a chat."""

    role: str
    content: str


class ChatPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """A whole question to a chat model."""

    messages: list[Message]
    output_tokens: int
    """The most that the answer may have."""
    schema: dict[str, Any] | None = None
    """The JSON Schema of the answer."""
    mark: str
    """The name of the lines around the text, which models like to repeat."""

    def tokens(self) -> int:
        """Guess the tokens of the question."""
        extra = estimated_tokens(json.dumps(self.schema)) if self.schema else 0
        return extra + sum(estimated_tokens(message.content) + 8 for message in self.messages)


def correction_prompt(work: CorrectText) -> ChatPrompt:
    """Return the question for a corrected text."""
    told = _prompts("correction")
    mark = _mark(work.text)
    language = work.language or "the language that it is written in"
    system = told["system"].format(mark=mark, style=told["styles"][work.style], language=language).strip()
    if work.instructions:
        system += "\n" + told["wishes"].format(instructions=work.instructions).strip()
    if work.fault:
        system += "\n" + told["again"].format(fault=work.fault).strip()
    return ChatPrompt(
        messages=[Message("system", system), Message("user", f"<{mark}>\n{work.text}\n</{mark}>")],
        output_tokens=round(estimated_tokens(work.text) * _LONGER) + _SPARE_TOKENS,
        mark=mark,
    )


def extraction_prompt(work: ExtractData) -> ChatPrompt:
    """Return the question for data."""
    told = _prompts("extraction")
    mark = _mark(work.text)
    schema = json.loads(work.schema)
    system = told["system"].format(mark=mark, schema=work.schema).strip()
    if work.instructions:
        system += "\n" + told["wishes"].format(instructions=work.instructions).strip()
    if work.fault:
        system += "\n" + told["again"].format(answer=work.answer, fault=work.fault).strip()
    return ChatPrompt(
        messages=[Message("system", system), Message("user", f"<{mark}>\n{work.text}\n</{mark}>")],
        output_tokens=max(_DATA_TOKENS, estimated_tokens(work.text)),
        schema=schema,
        mark=mark,
    )


def unwrapped(answer: str, mark: str) -> str:
    """Take away what models put around an answer although they are told not to: the marked lines, and a code fence."""
    answer = answer.strip()
    answer = answer.removeprefix(f"<{mark}>").removesuffix(f"</{mark}>").strip()
    if answer.startswith("```") and answer.endswith("```") and answer.count("```") == 2 and "\n" in answer:
        answer = answer.partition("\n")[2].removesuffix("```").strip()
    return answer


@functools.cache
def prompts_revision() -> str:
    """Return the versions of all prompts with a digest of their files: a part of the keys of cached answers."""
    digest = hashlib.sha256()
    versions = []
    for name in ("correction", "extraction"):
        digest.update(_file(name))
        versions.append(f"{name}-{_prompts(name)['version']}")
    return f"{'+'.join(versions)}+{digest.hexdigest()[:8]}"


def _mark(text: str) -> str:
    """Return a name that the text does not hold."""
    mark = "text"
    while mark in text or mark == "text":
        mark = "text-" + hashlib.sha256(f"{mark}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_CHARS]
    return mark


@functools.cache
def _file(name: str) -> bytes:
    return (files("dragoman_engines.language") / "prompts" / f"{name}.toml").read_bytes()


@functools.cache
def _prompts(name: str) -> Mapping[str, Any]:
    return tomllib.loads(_file(name).decode())
