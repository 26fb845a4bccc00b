"""The sketch: a rule-based arrangement with known tempo, key and words. No model of music.

Read in the order of the sound: `brief` -> `form` (which bar does what) -> `drums`, `accordion`,
`accompaniment`, `placement`, `voice` (which notes and words when) -> `player`, `percussion`,
`singing` (notes and words to samples) -> `mix` -> `arrange`. Times in a score are in beats, in
audio in seconds.
"""

# What helps when a part of this environment is missing or damaged.
REBUILD = "build it anew: rm -rf .venvs/sketch-*, then: invoke setup --models sketch"
