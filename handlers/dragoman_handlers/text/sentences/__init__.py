"""A text cut into lines and sentences, and put together again."""
