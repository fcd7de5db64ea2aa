"""Engines, registry and sources of Modeldeck's models. Knows torch; knows no gradio."""
