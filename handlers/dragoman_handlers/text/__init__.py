"""Text on its way through a translation model: cut, protected, translated, checked and put together again."""
