"""Prompts: a segment's style and lyrics in the words of each model."""
