"""Takes a picture of the dashboard: a server on the embedded models under mixed load, seen through a real browser."""

from __future__ import annotations

import argparse
import io
import itertools
import math
import os
import shutil
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from embedded_server import Server, ServerFailed, embedded_server, exit_on_sigterm
from playwright.sync_api import sync_playwright

from dragoman_client import ClientError, DragomanError, SyncClient

OUT = Path(__file__).resolve().parent.parent / "docs" / "dashboard.png"
DESKTOP, PHONE = {"width": 1280, "height": 1280}, {"width": 390, "height": 844}
TEXTS = (
    "Good morning. Where is the station?",
    "The meeting has been moved to Tuesday afternoon.",
    "Please bring the report and a printed copy of the contract. We start at nine, and there will be coffee.",
    "I have saved you a seat by the window.",
)
SPOKEN = "Good morning. The train to Lisbon leaves at nine, and I have saved you a seat by the window."
MARGIN_PX = 20
STEPS = 4000
"""Samples at the end of the recording that hold nothing."""
TIDE_S = 45.0
"""The load comes and goes."""

Send = Callable[[SyncClient, int], Any]


def main() -> int:
    """Take the picture; the exit status."""
    options = _options()
    exit_on_sigterm()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("chromium is not installed; on Debian: apt-get install chromium", file=sys.stderr)
        return 1
    try:
        with embedded_server() as server, _mixed_load(server):
            _take(server, chromium, options)
    except (ServerFailed, ClientError, DragomanError) as error:
        print(f"no picture: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")
    return 0


def _take(server: Server, chromium: str, options: argparse.Namespace) -> None:
    # Chromium's sandbox refuses to run as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(
            viewport=PHONE if options.phone else DESKTOP, color_scheme="dark" if options.dark else "light"
        )
        page.goto(server.ops)
        page.wait_for_selector("#lanes article")
        page.wait_for_timeout(options.seconds * 1000)
        shown = page.locator("body" if options.phone else "#cache-section").bounding_box()
        clip = {
            "x": 0,
            "y": 0,
            "width": page.viewport_size["width"],
            "height": shown["y"] + shown["height"] + MARGIN_PX,
        }
        page.screenshot(path=options.out, full_page=True, clip=clip)
        browser.close()


@contextmanager
def _mixed_load(server: Server) -> Iterator[None]:
    """Texts, recordings and voice messages for the time of a block, and now and then one that must fail."""
    stop = threading.Event()
    with SyncClient(server.requests, server.routed, timeout_s=600) as client:
        recording = _spoken(client)

        def text(client: SyncClient, number: int) -> None:
            client.translate(f"{TEXTS[number % len(TEXTS)]} It is number {number // 6}.", "en", to="pt")

        def unknown_language(client: SyncClient, _: int) -> None:
            client.translate(TEXTS[0], "en", to=["fr"])

        def transcription(client: SyncClient, number: int) -> None:
            client.transcribe(_shortened(recording, number))

        def voice(client: SyncClient, number: int) -> None:
            client.voice(_shortened(recording, number + 1000), to=["pt"])

        kinds: list[tuple[Send, float]] = [(text, 0.02), (text, 0.05), (unknown_language, 9.0)]
        kinds += [(transcription, 1.5), (transcription, 2.5), (voice, 3.0)]
        with ThreadPoolExecutor(len(kinds)) as threads:
            try:
                for send, pause_s in kinds:
                    threads.submit(_repeat, client, send, pause_s, stop)
                yield
            finally:
                stop.set()


def _repeat(client: SyncClient, send: Send, pause_s: float, stop: threading.Event) -> None:
    """Send again and again, with longer pauses where the tide is low."""
    for number in itertools.count():
        with suppress(DragomanError, ClientError):
            send(client, number)
        tide = 1.0 + math.sin(time.monotonic() / TIDE_S * math.tau)
        if stop.wait(pause_s * (2.5 - tide)):
            return


def _spoken(client: SyncClient) -> bytes:
    """Return a recording, said aloud by the server."""
    return client.speak(SPOKEN, "en").audio


def _shortened(recording: bytes, steps: int) -> bytes:
    """Return the same words in a recording that the cache does not know: a little of its end is missing."""
    out = io.BytesIO()
    with wave.open(io.BytesIO(recording)) as whole, wave.open(out, "wb") as part:
        part.setparams(whole.getparams())
        part.writeframes(whole.readframes(whole.getnframes() - steps % STEPS))
    return out.getvalue()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=130, help="of load before the picture")
    parser.add_argument("--dark", action="store_true", help="as a system with dark colours shows it")
    parser.add_argument("--phone", action="store_true", help="as wide as a phone, and all of it")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
