"""Bark: lyrics of any length, sung window by window in one voice.

`lyrics` splits the lyrics, `pipeline` asks for one window after the other, `semantic`, `coarse`,
`fine` and `codec` generate them, `token_faults` and `audio_faults` notice what went wrong,
`concatenate` makes one song of them. `batch` does all of this for several takes at once.
"""
