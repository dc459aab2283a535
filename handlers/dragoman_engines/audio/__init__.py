"""Recordings: decoding, finding where speech is, and encoding."""
