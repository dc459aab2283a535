"""The models that are known by name: what they are, where their files come from, and the folder that keeps them."""

from dragoman_engines.catalogue.entry import Catalogue, Entry, ModelFile, load_catalogue
from dragoman_engines.catalogue.store import ModelStore, default_models_dir

__all__ = ["Catalogue", "Entry", "ModelFile", "ModelStore", "default_models_dir", "load_catalogue"]
