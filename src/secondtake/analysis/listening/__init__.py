"""Listening: every baseline and take as a clip that a page plays, with its pictures.

`clip_sources` finds what there is to hear; `clip_audio` turns it into the stereo that is played and
encodes it; `clip_pictures` draws its waveform and its spectrogram; `marked_words` holds what was
heard against the lyrics; `prepare_clips` makes what is not there yet and describes all of it.
"""
