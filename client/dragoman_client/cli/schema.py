"""`dragoman schema`: the protocol's JSON Schemas and its AsyncAPI document, for code generators and validators."""

# ruff: noqa: PLC0415 -- the schemas are made when the command runs, so that --help is there at once

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The type of a request or event; `messages`: all in one schema (the default); `asyncapi`: the whole "
            "protocol as an AsyncAPI 3 document.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write NAME.json into this folder, which is made if missing; without NAME, one for each message.",
            file_okay=False,
            metavar="DIR",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print the JSON Schemas of the protocol's messages.

    Example: dragoman schema translation

    Example: dragoman schema --out schemas
    """
    documents = _documents(name)
    if out is None:
        typer.echo(text_of(documents.get("messages") or next(iter(documents.values()))), nl=False)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for each, document in documents.items():
            (out / f"{each}.json").write_text(text_of(document), encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--out") from error
    typer.echo(f"{len(documents)} {'files' if len(documents) > 1 else 'file'} in {out}", err=True)


def text_of(document: Mapping[str, Any]) -> str:
    """Return a document as it is printed and written."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _documents(name: str | None) -> dict[str, dict[str, Any]]:
    """Return the document of a name; without one those of all messages, and of all together.

    Raises:
        typer.BadParameter: there is none of that name.
    """
    from dragoman_wire.schema import asyncapi, bundle, event_schemas, request_schemas

    documents = request_schemas() | event_schemas() | {"messages": bundle()}
    if name is None:
        return documents
    if name == "asyncapi":
        return {name: asyncapi()}
    if name not in documents:
        near = difflib.get_close_matches(name, documents, 1)
        hint = f"; did you mean {near[0]!r}?" if near else "; `dragoman schema --out DIR` writes all of them"
        raise typer.BadParameter(f"no message is called {name!r}{hint}", param_hint="NAME")
    return {name: documents[name]}
