"""Work through language models: long texts in chunks, what a model changed, and whether that may be believed."""
