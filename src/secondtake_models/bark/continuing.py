"""Going on in the same voice: what a window hears before it begins to sing.

Going on from the last window alone sounds natural, and every copy of a copy gathers noise until
the voice is another one. Going on from the first voice alone is stable, and every line starts as
if nothing had been sung before. So a window hears both: the anchor voice, then the end of the
last window. After a window that went wrong it hears the anchor alone.
"""

from secondtake_models.bark.decoding.coarse import SEMANTIC_BEFORE
from secondtake_models.bark.decoding.passage import History

# Bark looks back on 209 semantic tokens when it makes sound of them: half of these, 2.1 s.
FROM_THE_LAST = SEMANTIC_BEFORE // 2
FRAMES_PER_TOKEN = 75 / 49.9  # EnCodec's frames for each semantic token
LEAST_VOICE = 50  # tokens, one second: shorter says too little of a voice to go on from


def can_anchor(made: History) -> bool:
    """Whether a window's own sound is long enough to be the voice of those that follow."""
    return len(made["semantic_prompt"]) >= LEAST_VOICE


def go_on_from(anchor: History | None, last: History | None) -> History | None:
    """What the next window hears: the anchor voice, then the end of the last window.

    Without an anchor nothing; without a last window, or after the anchor itself, the anchor alone.
    """
    if anchor is None or last is None or last is anchor:
        return anchor
    import numpy as np

    end = _last_seconds(last, FROM_THE_LAST)
    return {name: np.concatenate((anchor[name], end[name]), axis=-1) for name in anchor}


def _last_seconds(made: History, tokens: int) -> History:
    """The end of a window: so many semantic tokens and the frames that belong to them."""
    tokens = min(tokens, len(made["semantic_prompt"]))
    frames = min(round(tokens * FRAMES_PER_TOKEN), made["coarse_prompt"].shape[-1])
    counts = {"semantic_prompt": tokens, "coarse_prompt": frames, "fine_prompt": frames}
    return {name: made[name][..., made[name].shape[-1] - n :] for name, n in counts.items()}
