"""The server: intake, dispatcher, lanes, publisher, and `app`, which alone sees all of them."""
