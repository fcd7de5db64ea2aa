"""Training recipes of our own starter weights, each run as ``python -m models.starter.train.NAME``."""
