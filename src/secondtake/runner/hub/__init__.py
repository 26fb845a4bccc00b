"""Weights from the hub: asked for, fetched, proven by hash, kept."""
