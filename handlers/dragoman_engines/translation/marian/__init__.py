"""Marian's small translation models (transformer encoder, SSRU decoder, int8) in batches on onnxruntime."""
