"""Which words of a take can be understood, by a recogniser that never sees the lyrics.

`words` normalises, aligns and counts; `numerals` writes numbers out; `weights` puts the
recogniser's files together; `recogniser` listens; `sung` says to what; `understanding` does it for
a song. Those run in venv-lyrics (faster-whisper, soundfile, soxr), which is optional: everything
but the standard library is imported where it is used. `heard` and `reading` are for whoever asks
afterwards what was understood. What the figures mean is in docs/lyrics.md.
"""
