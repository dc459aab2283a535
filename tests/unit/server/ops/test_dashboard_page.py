"""The page as it is sent: one file, and a policy under which nothing else runs."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from dragoman_server.ops.dashboard import build_page

PAGE = build_page()
SCRIPT, STYLE = (re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", PAGE.html, re.DOTALL) for tag in ("script", "style"))


class Tags(HTMLParser):
    """Every tag's attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def tags() -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(PAGE.html)
    return parser.found


@pytest.mark.parametrize(("kind", "texts"), [("script", SCRIPT), ("style", STYLE)])
def test_the_policy_names_the_only_script_and_the_only_style(kind: str, texts: list[str]) -> None:
    [text] = texts
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    directives = dict(part.split(" ", 1) for part in PAGE.policy.split("; "))
    assert directives[f"{kind}-src"] == f"'sha256-{digest}'"
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in PAGE.policy


def test_nothing_is_fetched_from_elsewhere(tags: list[tuple[str, dict[str, str | None]]]) -> None:
    links = [value for _, attributes in tags for name, value in attributes.items() if name in ("src", "href")]
    assert [link for link in links if not str(link).startswith("data:image/svg+xml,")] == []
    assert "@import" not in STYLE[0]
    assert "url(" not in STYLE[0]
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", SCRIPT[0] + STYLE[0]) == []


def test_nothing_is_left_to_attributes_that_the_policy_forbids(tags: list[tuple[str, dict[str, str | None]]]) -> None:
    assert [tag for tag, attributes in tags if any(n == "style" or n.startswith("on") for n in attributes)] == []


def test_text_never_becomes_markup() -> None:
    ways = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|DOMParser|createContextualFragment|\beval\b"
    )
    assert re.findall(ways, SCRIPT[0]) == []


def test_every_element_that_the_script_looks_for_is_there(tags: list[tuple[str, dict[str, str | None]]]) -> None:
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    wanted = set(re.findall(r'byId\("([\w-]+)"\)', SCRIPT[0]))
    assert wanted
    assert wanted <= ids
