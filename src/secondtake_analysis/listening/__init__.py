"""Learned ears: networks that hear what a spectrum does not say."""
