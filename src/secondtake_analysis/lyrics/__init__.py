"""Which words of a take can be understood, by a recogniser that never sees the lyrics.

`words` normalises, aligns and counts; `numerals` writes numbers out; `weights` puts the
recogniser's files together; `recogniser` listens; `understanding` does it for a song. Runs in
venv-lyrics (faster-whisper, soundfile, soxr), which is optional: everything but the standard
library is imported where it is used. What the figures mean is in docs/lyrics.md.
"""
