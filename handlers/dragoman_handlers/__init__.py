"""One handler for each family of requests: it splits a request into units of work and reports their results."""
