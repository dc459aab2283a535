"""The interface to a chat model of another server, and what can go wrong with a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from dragoman_engines.language.prompts import ChatPrompt

Fault = Literal["limited", "broken", "denied", "refused", "unpaid"]
"""`limited`: too many calls. `broken`: no answer, or no sensible one. `denied`: the key is not good. `refused`: it
does not do what is asked. `unpaid`: the account has no credit."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """The answer to one call."""

    text: str
    prompt_tokens: int | None = None
    """As the server counts; None where it does not say, or nothing sensible."""
    completion_tokens: int | None = None
    cut: bool = False
    """It ended at the limit of its length."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By names in small letters."""


class CallFailed(Exception):
    """A call without an answer.

    Args:
        message: one sentence for a person, without the key.
        fault: what kind it is of.
        may_pass: whether the same call may go well later.
        headers: of the answer, if there was one.
        reached: whether the server may have worked on it, and counts it.
    """

    def __init__(
        self,
        message: str,
        *,
        fault: Fault,
        may_pass: bool,
        headers: Mapping[str, str] | None = None,
        reached: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fault = fault
        self.may_pass = may_pass
        self.headers = headers or {}
        self.reached = reached


class ChatModel(Protocol):
    """A chat model of another server."""

    async def complete(self, prompt: ChatPrompt, key: str) -> Completion:
        """Make one call, and no second one.

        Args:
            prompt: the question.
            key: the idempotency key: the same for all repeats of a call.

        Raises:
            CallFailed: there is no answer.
        """
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...
