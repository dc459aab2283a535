"""`dragoman top`: the server in a terminal. Needs the extra `top`."""
