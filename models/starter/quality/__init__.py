"""Measures every starter through the engine the tabs use: ``python -m models.starter.quality``."""
