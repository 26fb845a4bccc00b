"""The sketch: a rule-based arrangement with known tempo, key and words. No model of music.

Read in the order of the sound: `brief` -> `form` (which bar does what) -> `drums`, `bass`,
`accordion`, `chords`, `placement`, `voice` (which notes and words when) -> `sampler`,
`percussion`, `singing` (notes and words to samples) -> `mix` -> `arrange`. Times in a score
are in beats, in audio in seconds.
"""
