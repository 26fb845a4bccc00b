"""Intelligibility of a take's words, by a recogniser that never sees the lyrics.

`text` normalises, aligns, counts and writes numbers out; `asr` puts the recogniser's files together
and transcribes samples; `transcripts` holds a transcript beside the lyrics and lists what of a song
is to be transcribed; `transcribe` does it for a song and reads afterwards what was understood. The
recogniser runs in venv-lyrics (faster-whisper, soundfile, soxr), which is optional: its packages
are imported where they are used. What the figures mean is in docs/lyrics.md.
"""
