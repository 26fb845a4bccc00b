"""Listening by machine: is a file sound, and how close is a take to the recording it answers?

`checks` looks at one file and says pass, warn or fail. `metrics` compares two recordings, each
number with its floor and its ceiling. `naive` repeats the first study's table for the record.
What each figure means is in docs/metrics.md. Lives in venv-analysis: numpy, scipy, soundfile,
soxr, onnxruntime and matplotlib may be imported here, each where it is used.
"""
