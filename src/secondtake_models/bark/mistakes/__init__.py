"""Noticing that a window went wrong, in its tokens and in its sound, and singing it again."""
