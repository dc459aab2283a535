"""Chat models of any server that speaks OpenAI's protocol, through the `openai` SDK. The SDK repeats no call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import openai
from typing_extensions import override

from dragoman_engines.language.chat import CallFailed, ChatModel, Completion
from dragoman_engines.language.prompts import ChatPrompt
from dragoman_engines.language.retries import may_pass
from dragoman_engines.language.transport import BoundedTransport

OPENAI = "https://api.openai.com/v1"
OutputLimit = Literal["auto", "max_tokens", "max_completion_tokens", "none"]
_NO_KEY = "none"
_CONNECT_S = 10.0
_MOST_WORDS = 200
_DENIED = (401, 403)
_MISSING = 404


@dataclass(frozen=True, kw_only=True)
class OpenAISettings:
    """A model of a server."""

    model: str
    """As the server names it."""
    base_url: str = OPENAI
    api_key: str = ""
    """Empty where the server wants none."""
    timeout_s: float = 120.0
    """Without a byte of the answer."""
    temperature: float = 0.0
    """Negative: as the server likes."""
    output_limit: OutputLimit = "auto"
    """The field that says how long an answer may be; servers differ."""
    json_schema: bool = True
    """Whether the server is asked to write by a JSON Schema; not all can."""


class OpenAIChat(ChatModel):
    """Makes calls.

    Args:
        settings: of the model and its server.
        transport: makes the connections; None: a real one.
    """

    def __init__(self, settings: OpenAISettings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        inner = transport or httpx2.AsyncHTTPTransport()
        timeout = httpx2.Timeout(settings.timeout_s, connect=_CONNECT_S)
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key or _NO_KEY,
            base_url=settings.base_url,
            max_retries=0,
            timeout=timeout,
            # No redirects: the key and the text go to the server that is configured, and to no other.
            http_client=httpx2.AsyncClient(
                transport=BoundedTransport(inner), timeout=timeout, follow_redirects=False, trust_env=False
            ),
        )

    @override
    async def complete(self, prompt: ChatPrompt, key: str) -> Completion:
        messages: list[Any] = [{"role": each.role, "content": each.content} for each in prompt.messages]
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=self._settings.model,
                messages=messages,
                extra_headers={"Idempotency-Key": key},
                **self._options(prompt),
            )
            headers = _small(raw.headers)
            return _completion(raw.parse(), headers)
        except openai.APIStatusError as error:
            raise self._by_status(error) from error
        except openai.APIResponseValidationError as error:
            raise self._broken("its answer cannot be read") from error
        except openai.APITimeoutError as error:
            raise self._broken("it did not answer in time") from error
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            refused = isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout)
            what = "it cannot be reached" if refused else f"the connection broke ({type(cause).__name__})"
            raise self._broken(what, reached=not refused) from error
        except openai.OpenAIError as error:
            raise self._broken(f"the call failed ({type(error).__name__})") from error
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
            raise self._broken("its answer is not what the protocol says") from error

    @override
    async def close(self) -> None:
        await self._client.close()

    def _options(self, prompt: ChatPrompt) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {}
        if settings.temperature >= 0:
            options["temperature"] = settings.temperature
        field = settings.output_limit
        if field == "auto":
            field = "max_completion_tokens" if settings.base_url.rstrip("/") == OPENAI else "max_tokens"
        if field != "none":
            options[field] = prompt.output_tokens
        if prompt.schema is not None and settings.json_schema:
            options["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "data", "schema": prompt.schema, "strict": False},
            }
        return options

    def _by_status(self, error: openai.APIStatusError) -> CallFailed:
        status, headers = error.status_code, _small(error.response.headers)
        name = self._settings.model
        if status in _DENIED:
            message = f"the server of {name} does not accept the key (HTTP {status})"
            return CallFailed(message, fault="denied", may_pass=False, headers=headers)
        if status == _MISSING:
            message = f"the server of {name} does not know the model or the address (HTTP {status})"
            return CallFailed(message, fault="denied", may_pass=False, headers=headers)
        if error.code == "insufficient_quota":
            message = f"the account at the server of {name} has no credit left"
            return CallFailed(message, fault="unpaid", may_pass=False, headers=headers)
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            message = f"the server of {name} has too many requests (HTTP {status})"
            return CallFailed(message, fault="limited", may_pass=True, headers=headers)
        if may_pass(status):
            message = f"the server of {name} failed (HTTP {status})"
            return CallFailed(message, fault="broken", may_pass=True, headers=headers)
        message = f"the server of {name} refuses the request (HTTP {status}): {self._words_of(error)}"
        return CallFailed(message, fault="refused", may_pass=False, headers=headers)

    def _words_of(self, error: openai.APIStatusError) -> str:
        """Return the server's own words in short, without the key."""
        body = error.body
        words = body.get("message") if isinstance(body, Mapping) else None
        told = words if isinstance(words, str) and words else "it gives no reason"
        if self._settings.api_key:
            told = told.replace(self._settings.api_key, "***")
        return " ".join(told.split())[:_MOST_WORDS]

    def _broken(self, what: str, *, reached: bool = True) -> CallFailed:
        message = f"the server of {self._settings.model} gave no answer: {what}"
        return CallFailed(message, fault="broken", may_pass=True, reached=reached)


def _small(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers by names in small letters."""
    return {name.lower(): value for name, value in headers.items()}


def _completion(answer: Any, headers: Mapping[str, str]) -> Completion:
    """Read an answer that may be anything: the SDK does not check what it parses.

    Raises:
        ValueError: it has no text.
        AttributeError, LookupError, TypeError: it is something else.
    """
    choice = answer.choices[0]
    text = choice.message.content
    if not isinstance(text, str) or not text.strip():
        raise ValueError("no text")
    usage = answer.usage
    return Completion(
        text=text,
        prompt_tokens=_count(getattr(usage, "prompt_tokens", None)),
        completion_tokens=_count(getattr(usage, "completion_tokens", None)),
        cut=choice.finish_reason == "length",
        headers=headers,
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
