"""Findings of a comparison: sentences made from its figures alone, each with its measurements."""
