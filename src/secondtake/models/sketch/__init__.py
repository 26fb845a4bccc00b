"""The sketch: a rule-based arrangement with known tempo, key and words. No model of music.

Read in the order of the sound: `score` (the input, and notes) -> `form` (which bar does what) ->
`grooves` (patterns), `ensemble` (who plays them) -> `drums`, `lead`, `accompaniment` (which notes
when), `compose` -> `vocals`, `tts` (phrases and their speech; espeak-ng runs in `espeak_process`),
`singing` (speech in rhythm) -> `soundfont` (notes to samples) -> `mix`. `arrange` does it all;
`dsp` has the filters. Times in a score are in beats, in audio in seconds.
"""

# What helps when a part of this environment is missing or damaged.
REBUILD = "build it anew: rm -rf .venvs/sketch-*, then: invoke setup --models sketch"
