"""Speech on its way through the models: recordings to transcriptions, and texts to sound."""
