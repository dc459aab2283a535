"""`dragoman models`: the models that are known by name."""

from __future__ import annotations

from typing import Annotated

import typer

from dragoman_server.command_options import ConfigOption, SetOption, fail, flags_of, loaded_config

app = typer.Typer(no_args_is_help=True, help="Look at the models that are known by name, and bring them here.")
Name = Annotated[str, typer.Argument(help="A name of the catalogue, as the configuration may say it.")]


@app.callback()
def _models() -> None:
    """Look at the models that are known by name, and bring them here."""


@app.command()
def pull(name: Name, config: ConfigOption = None, settings: SetOption = None) -> None:
    """Bring a model into the models folder: fetched where it must be, checked, and put there whole.

    Example: dragoman models pull kokoro
    """
    folder = loaded_config(config, flags_of(settings)).engines.models_dir
    from dragoman_engines.base import ModelMissing  # noqa: PLC0415 - the command line starts without the engines
    from dragoman_engines.catalogue import ModelStore, load_catalogue  # noqa: PLC0415
    from dragoman_engines.catalogue.assemble import assemble  # noqa: PLC0415

    store = ModelStore(folder)
    try:
        entry = load_catalogue(store.root).get(name)
        if entry is None:
            fail(f"there is no model {name!r} in the catalogue")
        typer.echo(assemble(entry, store))
    except ModelMissing as error:
        fail(str(error))
