"""Bark: its own modules from converted checkpoints, and songs longer than its window."""
