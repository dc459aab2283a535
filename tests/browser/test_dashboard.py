"""The dashboard as a person has it: in a real browser, on a real server."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Viewer
from tests.harness import ECHO, ECHO_ENGINES, Peer, ServerProcess, connected, running_server
from tests.processes import child_pid, held, wait_busy

TOKEN = "the-token-of-the-tests"  # noqa: S105 - it guards nothing
HOSTILE = "<img src=x onerror=alert(1)>"
NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def peer(echo_server: ServerProcess) -> Iterator[Peer]:
    with connected(echo_server, "browser") as peer:
        yield peer


def text(task_id: str, said: str = "Good morning.", **more: Any) -> dict[str, Any]:
    return {"taskId": task_id, "text": said, "sourceLanguage": "en", "targetLanguages": ["pt"], **more}


def wait_for_text(page: Any, selector: str, pattern: str) -> None:
    """Until an element says something like this."""
    page.locator(selector).filter(has_text=re.compile(pattern)).first.wait_for()


def find(page: Any, what: str) -> Any:
    """Type into the search; the only task that is found."""
    page.fill("#search", what)
    page.wait_for_function("() => document.querySelectorAll('#tasks tr').length === 1")
    wait_for_text(page, "#found", "^1 task found")
    return page.locator("#tasks tr")


def test_the_figures_move_under_load(viewer: Viewer, echo_server: ServerProcess, peer: Peer) -> None:
    page = viewer.open(echo_server)
    wait_for_text(page, "#state", "^running$")
    lane = page.locator("[data-key=translation].lane")
    before = int(lane.locator(".note").inner_text().split()[0].replace(",", ""))
    for number in range(100):
        peer.run(text(f"load-{number}", f"Sentence {number}."))

    page.wait_for_function(
        """(least) => parseInt(document.querySelector(".lane .note").textContent.replace(",", "")) >= least""",
        arg=before + 100,
    )
    wait_for_text(page, ".lane[data-key=translation] .big", r"^[1-9][\d.,]*/(s|min)$")
    wait_for_text(page, ".lane[data-key=translation] tr:has(.compute)", r"compute0\.\d ms|compute[1-9]")
    page.wait_for_function(
        """() => document.querySelector(".lane path.line.compute").getAttribute("d").includes("L")"""
    )
    wait_for_text(page, ".engine[data-key=translation]", "ready")
    assert page.locator("#tasks tr").count() > 0
    assert page.locator("#cache-section").is_hidden()


def test_a_failed_task_is_found_and_shows_why(viewer: Viewer, echo_server: ServerProcess, peer: Peer) -> None:
    peer.run(text("broken-heart", "One __fail__."))
    peer.run(text("whole-heart"))
    page = viewer.open(echo_server)
    wait_for_text(page, "#errors li", "broken-heart.*engine_failed: a sentence asked the echo engine to fail")
    page.get_by_text("Failed", exact=True).last.click()
    row = find(page, "heart")
    assert row.locator(".pill").inner_text() == "failed"
    row.get_by_role("button").click()

    detail = page.locator("#detail")
    assert detail.locator(".error").inner_text() == "engine_failed a sentence asked the echo engine to fail"
    wait_for_text(page, "#detail .timeline", "received.*accepted.*started.*finished.*status failed")
    assert detail.locator("#cancel").is_hidden()


def test_the_keyboard_is_enough(viewer: Viewer, echo_server: ServerProcess, peer: Peer) -> None:
    peer.run(text("typed-only"))
    page = viewer.open(echo_server)
    page.keyboard.press("/")
    page.keyboard.type("typed-only")
    page.wait_for_function("() => document.querySelectorAll('#tasks tr').length === 1")
    for _ in range(4):  # the states, the order, the hold, the task
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "typed-only"
    page.keyboard.press("Enter")
    page.wait_for_selector("#detail[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#detail", state="hidden")
    assert page.evaluate("document.activeElement.textContent") == "typed-only"


def test_a_running_task_is_cancelled_after_a_question(viewer: Viewer, echo_server: ServerProcess, peer: Peer) -> None:
    with held(child_pid(echo_server, "translation")):
        peer.send(text("stuck"))
        wait_busy(echo_server, "translation")
        page = viewer.open(echo_server)
        page.get_by_text("Active", exact=True).click()
        find(page, "stuck").get_by_role("button").click()
        wait_for_text(page, "#detail .pills", "running")
        page.click("#cancel")
        page.click("#keep")
        assert page.locator("#cancel").is_visible()
        assert [task["state"] for task in echo_server.get("/tasks?state=active")["tasks"]] == ["running"]
        page.click("#cancel")
        page.click("#cancel-now")
        wait_for_text(page, "#outcome", "^Cancelled.$")
        wait_for_text(page, "#detail .pills", "cancelled")
        *_, last = peer.collect(lambda message: message.type == "task_finished")
    assert (last.fields["taskId"], last.fields["status"]) == ("stuck", "cancelled")
    assert page.locator("#cancel").is_hidden()
    page.click("#close")
    wait_for_text(page, "#found", "Nothing like that")


def test_a_list_that_is_held_stays_as_it_is(viewer: Viewer, echo_server: ServerProcess, peer: Peer) -> None:
    peer.run(text("before-the-hold"))
    page = viewer.open(echo_server)
    page.click("#hold")
    peer.run(text("after-the-hold", "One __fail__."))
    wait_for_text(page, "#errors", "after-the-hold")
    assert "after-the-hold" not in page.inner_text("#tasks")
    page.click("#hold")
    wait_for_text(page, "#tasks", "after-the-hold")


def test_text_of_others_is_shown_as_text(viewer: Viewer, echo_server: ServerProcess, peer: Peer) -> None:
    peer.run(text(HOSTILE, "One __fail__.", messageId=f"<b>{HOSTILE}", targetLanguages=["<u>xx", "pt"]))
    page = viewer.open(echo_server)
    row = find(page, HOSTILE)
    assert row.get_by_role("button").inner_text() == HOSTILE
    row.get_by_role("button").click()
    wait_for_text(page, "#detail .facts", re.escape(f"<b>{HOSTILE}"))
    wait_for_text(page, "#errors", re.escape(HOSTILE))
    assert page.locator("img, #main b b, u").count() == 0


def test_no_text_can_become_markup_even_by_mistake(viewer: Viewer, echo_server: ServerProcess) -> None:
    viewer.forgiven = "TrustedHTML"
    page = viewer.open(echo_server)
    refused = """() => { try { document.body.innerHTML = "<p>"; } catch (error) { return error.name; } }"""
    assert page.evaluate(refused) == "TypeError"
    assert viewer.complaints


@pytest.mark.context(viewport=PHONE, is_mobile=True, has_touch=True)
def test_a_phone_shows_everything_without_scrolling_sideways(
    viewer: Viewer, echo_server: ServerProcess, peer: Peer
) -> None:
    long = "long-" + "x" * 123
    peer.run(text(long, "One __fail__.", messageId="y" * 400))
    page = viewer.open(echo_server)
    row = find(page, long)
    assert page.evaluate(NO_SIDEWAYS)
    row.get_by_role("button").tap()
    wait_for_text(page, "#detail .timeline", "finished")
    assert page.evaluate(NO_SIDEWAYS)
    assert page.evaluate("detail.scrollWidth <= detail.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_systems_colours(viewer: Viewer, echo_server: ServerProcess, scheme: str) -> None:
    viewer.page.emulate_media(color_scheme=scheme)
    page = viewer.open(echo_server)
    ground, ink = (
        sum(map(int, re.findall(r"\d+", page.evaluate(f"getComputedStyle(document.body).{name}"))[:3])) / 3
        for name in ("backgroundColor", "color")
    )
    assert (ground > 200, ink > 200) == ((True, False) if scheme == "light" else (False, True))


def test_a_cache_that_is_on_shows_what_it_spares_and_holds(viewer: Viewer, tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO_ENGINES) as server, connected(server, "browser") as peer:
        page = viewer.open(server)
        wait_for_text(page, "#cache-section", r"memory\s*ok\s*holds\s*0 B of 67 MB\s*0 answers")
        for number in range(4):
            peer.run(text(f"again-{number}"))
        wait_for_text(page, "#cache-section", r"text\s*answered from the cache\s*75 %\s*3 of 4")
        viewer.leave()


def test_a_server_that_wants_a_token_is_asked_with_one(viewer: Viewer, tmp_path: Path) -> None:
    viewer.forgiven = "401 (Unauthorized)"
    page = viewer.page
    with running_server(tmp_path, **ECHO, sockets__ops_token=TOKEN) as server:
        page.goto(server.endpoints["ops"] + "/")
        page.fill("#token", "a-wrong-token")
        page.keyboard.press("Enter")
        wait_for_text(page, "#token-problem", "does not accept")
        page.fill("#token", TOKEN)
        page.click("#token-form button")
        wait_for_text(page, "#state", "^running$")
        assert page.locator("#sign-in").is_hidden()
        page.reload()
        wait_for_text(page, "#state", "^running$")
        kept = page.evaluate("[Object.values(sessionStorage), localStorage.length, document.cookie]")
        assert kept == [[TOKEN], 0, ""]
        viewer.leave()


def test_the_page_says_when_the_server_is_gone_and_when_it_is_back(viewer: Viewer, tmp_path: Path) -> None:
    viewer.forgiven = "net::ERR_"  # refused, or reset where it was just being answered
    with running_server(tmp_path, **ECHO) as server:
        page = viewer.open(server)
        wait_for_text(page, "#state", "^running$")
        assert page.locator("#notice").is_hidden()
        server.process.send_signal(signal.SIGKILL)
        wait_for_text(page, "#notice", "^No answer from .* since .*trying again")
        wait_for_text(page, "#state", "^gone$")
        assert page.title() == "Dragoman · gone"
    with running_server(tmp_path, **ECHO | {"sockets__ops": server.endpoints["ops"]}):
        wait_for_text(page, "#state", "^running$")
        wait_for_text(page, "#notice", "started anew")
        assert page.title() == "Dragoman · running"
