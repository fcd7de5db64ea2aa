"""Starter models: weights that come inside packages or inside this repository."""
