"""Holds a running server against the rules of the protocol, from outside, and prints one line for each rule.

The server must be on its default limits. What cannot be seen from outside without stopping or flooding the server
(server_stopping, overloaded, shutting_down) is not looked at.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.conformance import (
    rules_amended,
    rules_audio,
    rules_errors,
    rules_language,
    rules_routing,
    rules_speech,
    rules_text,
)
from tests.conformance.peer import Broken, Endpoints
from tests.conformance.rule import NotApplicable, Rule, RuleBook, Session, Subject
from tests.conformance.shapes import EVENTS
from tests.conformance.sound import tone

BOOKS: tuple[RuleBook, ...] = (
    rules_routing.SOCKETS,
    rules_routing.FRAMES,
    rules_routing.LIFE,
    rules_text.CONTROL,
    rules_text.TRANSLATION,
    rules_text.STORY,
    rules_audio.AUDIO,
    rules_audio.TRANSCRIPTION,
    rules_audio.VOICE,
    rules_speech.SPEECH,
    rules_language.LANGUAGE,
    rules_errors.ERRORS,
    rules_errors.REPEATS,
    rules_amended.AMENDED,
)
NEVER_SEEN = {"server_stopping"}
DEFAULT_PORTS = ("5555", "5558", "5559")


def endpoints_of(address: str) -> Endpoints:
    """`host`, or `host:requests:events:routed`."""
    host, *ports = address.split(":")
    if len(ports) not in (0, 3) or not all(port.isdigit() for port in ports):
        raise argparse.ArgumentTypeError(f"{address!r} is neither HOST nor HOST:REQUESTS:EVENTS:ROUTED")
    return Endpoints(*(f"tcp://{host}:{port}" for port in ports or DEFAULT_PORTS))


def parse(arguments: Sequence[str] | None) -> tuple[Subject, list[str]]:
    """The command line as the server to look at and the encodings to speak."""
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__)
    parser.add_argument("address", type=endpoints_of, nargs="?", default="127.0.0.1", help="HOST[:PORT:PORT:PORT]")
    for name in ("requests", "events", "routed"):
        parser.add_argument(f"--{name}", metavar="ENDPOINT", help=f"the {name} socket, where it is elsewhere")
    parser.add_argument("--audio", type=Path, metavar="FILE", help="speech in the source language; default: a tone")
    parser.add_argument("--source", default="en", help="a language that the server translates from")
    parser.add_argument("--targets", default="fr,es", help="two or more that it translates to and speaks")
    parser.add_argument("--text", default=Subject.__dataclass_fields__["text"].default)
    parser.add_argument("--failing-text", default="", help="a text whose translation fails")
    parser.add_argument("--failing-language", default="qqq", help="a language that the server does not know")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="S", help="how long to wait for an event")
    parser.add_argument("--codec", choices=["json", "msgpack"], help="only in this encoding")
    given = parser.parse_args(arguments)
    place = given.address
    subject = Subject(
        endpoints=Endpoints(
            given.requests or place.requests, given.events or place.events, given.routed or place.routed
        ),
        audio=given.audio.read_bytes() if given.audio else tone(),
        source=given.source,
        targets=tuple(given.targets.split(",")),
        text=given.text,
        failing_text=given.failing_text,
        failing_language=given.failing_language,
        patience_s=given.timeout,
    )
    if len(subject.targets) < 2:
        parser.error("--targets needs two languages at least")
    return subject, [given.codec] if given.codec else ["json", "msgpack"]


def verdict(rule: Rule, session: Session) -> tuple[str, str]:
    """PASS, FAIL or SKIP, and why."""
    try:
        rule.check(session)
    except NotApplicable as why:
        return "SKIP", str(why)
    except Broken as how:
        return "FAIL", str(how)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        return "FAIL", f"an event is not of the form that it should have: {error!r}"
    return "PASS", ""


def field_rules(session: Session) -> Iterator[tuple[str, str, str]]:
    """For each type of event: whether all that came had exactly the fields of the protocol."""
    for kind in EVENTS:
        if kind in NEVER_SEEN:
            continue
        found = session.fields.get(kind)
        sentence = f"fields: {kind} has exactly its fields, each of its type"
        if found is None:
            yield "SKIP", sentence, "none came"
        else:
            yield ("FAIL" if found else "PASS"), sentence, "; ".join(sorted(set(found))[:5])


def examine(subject: Subject, codecs: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Verdict, rule and detail, for every rule in every encoding."""
    for codec in codecs:
        session = Session(subject=subject, codec=codec)
        for book in BOOKS:
            for rule in book.rules:
                word, detail = verdict(rule, session)
                yield word, f"[{codec}] {rule.sentence}", detail
        for word, sentence, detail in field_rules(session):
            yield word, f"[{codec}] {sentence}", detail


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every rule passes, 1 where one does not, 2 where there is no server."""
    subject, codecs = parse(arguments)
    try:
        with Session(subject=subject, codec=codecs[0]).everybody():
            pass
    except Broken as why:
        print(f"{subject.endpoints.requests}: {why}", file=sys.stderr)
        return 2
    passed = total = 0
    for word, sentence, detail in examine(subject, codecs):
        total += 1
        passed += word == "PASS"
        print(f"{word} {sentence}{f' -- {detail}' if detail else ''}", flush=True)
    print(f"{passed} of {total} rules pass ({100 * passed / total:.0f} %)")
    return 0 if passed == total else 1


if __name__ == "__main__":
    sys.exit(main())
