"""The real SDK on a real socket whose other end does what no server should."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

import pytest

from dragoman_engines.language.chat import CallFailed
from dragoman_engines.language.openai_chat import OpenAIChat, OpenAISettings
from dragoman_engines.language.prompts import ChatPrompt, Message
from dragoman_engines.language.transport import ANSWER_BYTES
from tests.chat_server import Reply, Script, on_a_socket

PROMPT = ChatPrompt(messages=[Message("user", "Hello.")], output_tokens=50, mark="text-1")


async def failure(script: Script, timeout_s: float = 60.0) -> CallFailed:
    async with on_a_socket(script) as url:
        chat = OpenAIChat(OpenAISettings(model="test", base_url=url, timeout_s=timeout_s))
        with pytest.raises(CallFailed) as failed:
            await chat.complete(PROMPT, "key")
        await chat.close()
    return failed.value


async def test_an_answer_comes_with_what_it_took() -> None:
    async with on_a_socket(Script(lambda text: text.upper())) as url:
        chat = OpenAIChat(OpenAISettings(model="test", base_url=url))
        answers = [await chat.complete(PROMPT, f"key-{number}") for number in range(2)]
        await chat.close()
    assert [answer.text for answer in answers] == ["HELLO."] * 2
    assert (answers[0].prompt_tokens, answers[0].completion_tokens, answers[0].cut) == (1, 1, False)


@pytest.mark.parametrize("way", ["reset", "cut"])
async def test_a_connection_that_breaks_may_pass(way: str) -> None:
    script = Script(otherwise=lambda _: Reply(way=way))  # type: ignore[arg-type]
    failed = await failure(script)
    assert (failed.fault, failed.may_pass, failed.reached) == ("broken", True, True)
    assert len(script.asked) == 1, "the SDK repeats nothing"


@pytest.mark.parametrize("way", ["stall", "drip"])
async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(way: str) -> None:
    reply = Reply(way=way, pause_s=30.0)  # type: ignore[arg-type]
    failed = await failure(Script(otherwise=lambda _: reply), timeout_s=0.2)
    assert (failed.fault, failed.may_pass) == ("broken", True)


async def test_a_slow_answer_that_does_come_is_taken() -> None:
    async with on_a_socket(Script(otherwise=lambda _: Reply(way="drip", pause_s=0.0))) as url:
        chat = OpenAIChat(OpenAISettings(model="test", base_url=url))
        assert (await chat.complete(PROMPT, "key")).text == "Hello."
        await chat.close()


async def test_no_server_there_is_no_answer_and_no_call() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    chat = OpenAIChat(OpenAISettings(model="test", base_url=f"http://127.0.0.1:{port}/v1"))
    with pytest.raises(CallFailed, match="cannot be reached") as failed:
        await chat.complete(PROMPT, "key")
    await chat.close()
    assert (failed.value.may_pass, failed.value.reached) == (True, False)


async def test_an_endless_answer_is_read_up_to_a_bound() -> None:
    body = '{"choices": "' + "x" * (ANSWER_BYTES + 1) + '"}'
    failed = await failure(Script(otherwise=lambda _: Reply(body=body)))
    assert failed.fault == "broken"


async def test_a_packed_answer_is_not_unpacked() -> None:
    failed = await failure(Script(otherwise=lambda _: Reply(headers={"content-encoding": "gzip"})))
    assert failed.fault == "broken"


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_redirect_is_not_followed(status: int) -> None:
    script = Script()
    script.tell(Reply(status=status, headers={"location": "http://127.0.0.1:9/"}))
    failed = await failure(script)
    assert (failed.fault, failed.may_pass) == ("refused", False)
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "headers",
    [{"retry-after": "3"}, {"retry-after-ms": "250"}, {"retry-after": formatdate(1_785_150_000, usegmt=True)}, {}],
)
async def test_too_many_requests_bring_their_headers(headers: dict[str, str]) -> None:
    failed = await failure(Script(otherwise=lambda _: Reply(status=429, headers=headers)))
    assert (failed.fault, failed.may_pass) == ("limited", True)
    assert headers.items() <= dict(failed.headers).items()


@pytest.mark.parametrize(
    ("base_url", "limit", "field"),
    [
        ("http://127.0.0.1:1/v1", "auto", "max_tokens"),
        ("https://api.openai.com/v1/", "auto", "max_completion_tokens"),
        ("http://127.0.0.1:1/v1", "max_completion_tokens", "max_completion_tokens"),
        ("http://127.0.0.1:1/v1", "none", None),
    ],
)
def test_the_length_of_an_answer_is_said_in_the_field_that_its_server_knows(
    base_url: str, limit: str, field: str | None
) -> None:
    settings = OpenAISettings(model="test", base_url=base_url, output_limit=limit, temperature=-1)  # type: ignore[arg-type]
    assert OpenAIChat(settings)._options(PROMPT) == ({field: 50} if field else {})
