"""Bark: lyrics of any length, sung window by window in one voice.

`words` parts the lyrics, `singing` asks for one window after the other, `decoding` makes them,
`mistakes` notices what went wrong, `joining` makes one song of them. `batching` does all of this
for several takes at once, and `loading` starts it.
"""
