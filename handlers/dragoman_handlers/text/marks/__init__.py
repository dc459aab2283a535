"""Parts of a text that a model must not change: markup, codes, identifiers, signs, glossary terms."""
