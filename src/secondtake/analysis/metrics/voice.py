"""Voice: whether somebody is heard, how high, and how far the tune goes up and down.

Nothing of a voice is compared where nobody is heard on one side: two instrumentals agree in no
voice, and what they have in one pitch is a bass or a lead.
"""

import numpy as np

from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.metric import difference_metric, needs

# Share of a recording with a voice. One of 400 excerpts of game music has more; speech and voices
# alone have .6 or more, and three in four of 44 songs: the others sing too far behind a band.
HEARD = 0.1


def is_heard(features: Features) -> bool:
    """True if silero-vad finds a voice in a tenth of the recording."""
    return bool(features.windows and features.speech.mean() >= HEARD)


VOICE = needs("voice", is_heard)


@VOICE
@difference_metric("of the time", least_span=0.1, name="voice")
def speech(features: Features) -> np.ndarray:
    """How much more of the take has words in it.

    Definition: share of a window's 32 ms in which silero-vad gives speech a probability of .5 or
    more; estimate minus reference, median over all pairs of windows.
    Range: -1 to 1; 0 is as much. No number, here and below, if either side as a whole has less
    than .1: then no voice was detected, and there is none to compare.
    Source: silero-vad 6, run as its authors run it.
    Fails: taught on speech. A clear speaker scores .9, and a synthetic singer at 60 beats a minute
    too, but .03 at 30, where a syllable lasts 2 s. 10 dB below a band, a speaker is heard in a
    third of the cases and a singer in one of ten. Of about 400 excerpts of 12 s of game music one
    scored more than .1.
    """
    return features.speech


@VOICE
@difference_metric("of the time", least_span=0.1, name="one pitch")
def voiced(features: Features) -> np.ndarray:
    """How much more of the take has one clear pitch.

    Definition: share of a window's 16 ms in which swift-f0 is sure of a pitch (confidence .5 or
    more); estimate minus reference, median over all pairs of windows.
    Range: -1 to 1; 0 is as much.
    Source: swift-f0, run as its authors run it.
    Fails: made for single voices: in a mix it follows whatever stands out, a bass or a lead, so
    that instrumental music scores anything from 0 to 1 (median .3); clear speech scores .5 to .8,
    a synthetic singer .8 to .95, a bare low sine hardly anything.
    """
    return features.voiced


@VOICE
@difference_metric("semitones", least_span=0.5, name="pitch")
def pitch(features: Features) -> np.ndarray:
    """How much higher the voice, or what stands out like one, lies.

    Definition: median pitch of a window by swift-f0; estimate minus reference, median over all
    pairs of windows that have one.
    Range: 0 is equally high; 12 is an octave, as between a man and a woman singing one tune.
    Source: swift-f0; at least 160 ms of a window must be voiced.
    Fails: follows a bass where there is no voice; slips by octaves. Of a voice as loud as the band,
    the median of 4 s lay within .3 semitones of the voice's own in half of the cases.
    """
    return features.pitch


@VOICE
@difference_metric("semitones", least_span=0.5, name="pitch range")
def spread(features: Features) -> np.ndarray:
    """How much further the tune goes up and down.

    Definition: 10th to 90th percentile of a window's pitches by swift-f0; estimate minus
    reference, median over all pairs of windows that have one.
    Range: 0 is equal. A speaker moves over 6 to 13 semitones in 3 s, a held note over less than 1.
    Source: swift-f0; the percentiles leave out what slips by an octave now and then.
    Fails: where it slips more often, that counts: instrumental music shows 11 semitones in the
    median and up to 45, between a bass and a lead.
    """
    return features.spread


METRICS = (speech, voiced, pitch, spread)
