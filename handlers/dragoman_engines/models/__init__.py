"""The models that are known by name: what they are, where their files come from, and the folder that keeps them."""

from dragoman_engines.models.entry import Entry, ModelFile
from dragoman_engines.models.ready import pull, ready_folder
from dragoman_engines.models.store import ModelStore, default_models_dir
from dragoman_engines.models.table import Catalogue, find_entry, load_catalogue

__all__ = [
    "Catalogue",
    "Entry",
    "ModelFile",
    "ModelStore",
    "default_models_dir",
    "find_entry",
    "load_catalogue",
    "pull",
    "ready_folder",
]
