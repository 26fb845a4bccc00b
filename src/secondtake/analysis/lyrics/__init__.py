"""Intelligibility of a take's words, by a recogniser that never sees the lyrics: docs/lyrics.md.

The recogniser runs in venv-lyrics (faster-whisper, soundfile, soxr), which is optional, so that its
packages are imported where they are used.
"""
