"""Intelligibility of a take's words, heard by a judge that never sees the lyrics: docs/lyrics.md.

Nothing here listens: secondtake.judges.whisper does, in venv-lyrics.
"""
