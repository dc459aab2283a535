"""`dragoman load`: options in, a load run, its report out."""

# ruff: noqa: PLC0415 -- sockets and codecs are imported when a command runs, so that --help is there at once

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dragoman_client.cli.completing import complete_language, complete_languages
from dragoman_client.cli.options import AsJson, languages_of, settings_of
from dragoman_client.cli.settings import WIRE, takes
from dragoman_client.load.plan import Arrivals, Kind, Plan, parse_mix

_TIMEOUT_S = 60.0
_DAY_S = 86_400.0
_FILE = {"exists": True, "dir_okay": False, "readable": True, "show_default": False}


@takes(WIRE)
def load(
    ctx: typer.Context,
    *,
    rate: Annotated[
        float | None,
        typer.Option(min=0.001, help="Open loop: requests per second.", metavar="NUMBER", show_default=False),
    ] = None,
    arrivals: Annotated[
        Arrivals, typer.Option(help="When the requests of an open loop are due.", case_sensitive=False)
    ] = Arrivals.POISSON,
    concurrency: Annotated[
        int,
        typer.Option(
            min=1, max=100_000, help="Closed loop, where no rate is given: requests in flight.", metavar="NUMBER"
        ),
    ] = 16,
    duration: Annotated[
        float, typer.Option(min=0.1, max=_DAY_S, help="Seconds of sending.", metavar="SECONDS")
    ] = 10.0,
    number: Annotated[
        int | None,
        typer.Option(min=1, help="Requests at most; by default what the duration allows.", metavar="NUMBER"),
    ] = None,
    outstanding: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Open loop: requests in flight at most.", metavar="NUMBER")
    ] = 1000,
    mix: Annotated[
        str, typer.Option(metavar="KIND=WEIGHT,...", help=f"What is sent, of {', '.join(Kind)}.")
    ] = Kind.TRANSLATION.value,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="The language of texts and recordings, or auto.",
            metavar="LANG",
            autocompletion=complete_language,
        ),
    ] = "en",
    to: Annotated[
        str,
        typer.Option(
            help="Target languages, separated by commas.", metavar="LANG,...", autocompletion=complete_languages
        ),
    ] = "pt",
    texts: Annotated[
        Path | None,
        typer.Option(help="A file with one text a line; by default a few built-in ones.", metavar="FILE", **_FILE),
    ] = None,
    recording: Annotated[
        list[Path] | None,
        typer.Option(
            help="A recording; may be given several times; by default two built-in ones.", metavar="FILE", **_FILE
        ),
    ] = None,
    numbered: Annotated[
        bool, typer.Option(help="Put a number in front of each text, so that no two are equal.")
    ] = True,
    peers: Annotated[
        int, typer.Option(min=1, max=10_000, help="Names that the requests come from in turn.", metavar="NUMBER")
    ] = 1,
    seed: Annotated[int, typer.Option(help="Of the order of kinds, samples and arrivals.", metavar="NUMBER")] = 1,
    as_json: AsJson = False,
) -> None:
    """Send many requests, and print how long answers took.

    Without --rate so many are always in flight: what can the server do?

    With --rate they are sent when they are due: how long do people wait?

    The exit status is 1 where an accepted one was not finished in --timeout (60 s), 3 where one got no answer at all.

    Example: dragoman load --rate 200 --duration 30 --mix translation=9,voice=1
    """
    from dragoman_client.cli import loading

    try:
        weights = parse_mix(mix)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--mix") from error
    plan = Plan(
        weights=weights,
        duration_s=duration,
        timeout_s=settings_of(ctx).timeout_s or _TIMEOUT_S,
        rate=rate,
        arrivals=arrivals,
        concurrency=concurrency,
        number=number,
        outstanding=outstanding,
        source=source,
        targets=tuple(languages_of(to)),
        peers=peers,
        seed=seed,
    )
    loading.load(settings_of(ctx), plan, texts, recording or [], numbered=numbered, as_json=as_json)
