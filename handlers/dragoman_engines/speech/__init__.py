"""Engines that speak, and the voices that they have."""
