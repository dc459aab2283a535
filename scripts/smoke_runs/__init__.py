"""Smoke: with every Python and every version that pyproject.toml allows, a fresh install does its work."""
