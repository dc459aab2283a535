"""From words to sound: voices, pieces, and files."""
