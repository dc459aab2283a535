"""Engines that translate: Firefox Translations models and models in CTranslate2's format."""
