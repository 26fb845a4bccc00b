"""Votes of the blind test: read, merged, screened, and turned into preferences with intervals."""
