"""Attack a server in every way that a hostile peer has, and measure what an innocent peer notices of it."""
