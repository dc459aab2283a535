"""Whisper: windows of sound to words with times."""
