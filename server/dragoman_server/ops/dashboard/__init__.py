"""GET /: the dashboard, one page without outside resources, put together from the files beside this one."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import resources

from aiohttp import web

_STYLE = "dashboard.css"
_SCRIPTS = (
    "basics.js",
    "server.js",
    "charts.js",
    "lanes.js",
    "engines.js",
    "cache.js",
    "overview.js",
    "tasks.js",
    "detail.js",
    "main.js",
)
"""One script in the end; each uses what the ones before it define."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What is sent."""

    html: str
    policy: str
    """The content security policy: this style and this script, this server, and nothing else."""


def build_page() -> Page:
    """Build the page, with its style and its script inside."""
    style = _read(_STYLE)
    script = "\n".join(_read(name) for name in _SCRIPTS)
    policy = {
        "default-src": "'none'",
        "style-src": _source(style),
        "script-src": _source(script),
        "connect-src": "'self'",
        "img-src": "data:",  # the icon
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        # No text can become markup, not even by mistake.
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return Page(
        html=_read("index.html").replace("{{style}}", style).replace("{{script}}", script),
        policy="; ".join(f"{name} {value}" for name, value in policy.items()),
    )


class Dashboard:
    """The page."""

    def __init__(self) -> None:
        page = build_page()
        self._html = page.html.encode()  # once: answers that wait for slow readers share it
        self._headers = {
            "Content-Security-Policy": page.policy,
            "Cache-Control": "no-cache",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the paths."""
        return [web.get("/", self._show)]

    async def _show(self, _: web.Request) -> web.Response:
        return web.Response(body=self._html, content_type="text/html", charset="utf-8", headers=self._headers)


def _read(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """Return the hash of a text as a source of the policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
