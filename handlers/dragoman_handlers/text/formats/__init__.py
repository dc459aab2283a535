"""Formats of documents: what in a file is language, and the same file with translations in its place."""
