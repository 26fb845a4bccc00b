"""Machine listening: is a file sound, and how close is a take to the recording it answers?

`checks` looks at one file and says pass, warn or fail. `dsp` and `networks` compute the figures of
a recording, `features` keeps them, and `metrics` compares two recordings, each number with its
floor and its ceiling. `dsp.first_study` repeats the first study's table for the record. `lyrics`
transcribes what is sung. `comparison`, `findings`, `report` and `plots` make the pages of a song.
What each figure means is in docs/metrics.md. Lives in venv-analysis: numpy, scipy, soundfile, soxr,
onnxruntime, librosa and matplotlib may be imported here, each where it is used.
"""
