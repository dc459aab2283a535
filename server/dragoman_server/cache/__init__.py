"""Answers that are known, so that no model is asked for them again."""
