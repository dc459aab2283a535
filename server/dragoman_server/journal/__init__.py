"""What keeps accepted requests and their results through a crash: an interface, one that does nothing, and SQLite."""
