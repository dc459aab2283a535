"""Fetching a model as a whole from a store on the net into the models folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dragoman_engines.base import ModelMissing
from dragoman_engines.models.entry import Entry
from dragoman_engines.models.firefox_store import fetch_pair
from dragoman_engines.models.hub import fetch_snapshot, look_up
from dragoman_engines.models.store import ModelStore
from dragoman_engines.models.watching import Watch, unwatched


def download(entry: Entry, store: ModelStore, watch: Watch = unwatched) -> Path:
    """Bring the model here, unless it is: downloaded beside its place, checked, then renamed into it.

    What was downloaded when a run is broken off stays, and the next run goes on from there. A model that was here
    and is damaged is fetched as it was: the same revision, with the same hashes.

    Raises:
        ModelMissing: the net fails, a file came damaged or is another than it was, or there is no room.
    """
    with store.locked(entry.name):
        if store.is_whole(entry):
            return store.folder(entry.name)
        before = store.manifest(entry.name)
        if entry.scheme == "hub":
            snapshot = look_up(entry, before.revision if before else "")
            revision, size_bytes = snapshot.revision, snapshot.size_bytes
        else:
            snapshot, revision, size_bytes = None, "", entry.size_bytes
        with store.making(entry.name, size_bytes) as folder, watch(folder, size_bytes):
            hashes = fetch_snapshot(entry, snapshot, folder) if snapshot else fetch_pair(entry, folder)
            _compare(entry, hashes, {**(before.sha256 if before else {}), **entry.pins()}, folder)
        return store.publish(entry.name, hashes, revision)


def _compare(entry: Entry, hashes: Mapping[str, str], pins: Mapping[str, str], folder: Path) -> None:
    for name, expected in pins.items():
        actual = hashes.get(name, "missing")
        if actual != expected:
            (folder / name).unlink(missing_ok=True)
            raise ModelMissing(
                f"the model {entry.name} from {entry.source} is not the one that is known here: sha256 of {name} is"
                f" {actual}, expected {expected}; for what is there now run: dragoman models remove {entry.name}, then"
                " pull it again",
            )
