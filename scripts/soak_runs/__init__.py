"""A soak: mixed traffic at two thirds of capacity on echo engines; nothing may grow and nothing may be left over."""
