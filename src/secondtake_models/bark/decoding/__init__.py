"""Bark's stages, from a text to its sound: weights, arithmetic, tokens."""
