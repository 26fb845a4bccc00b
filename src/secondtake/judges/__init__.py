"""Judges: networks that listen to recordings, one module each, in environments of their own."""
