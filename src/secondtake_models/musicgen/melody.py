"""A melody to follow: the baseline's chroma, the strongest of twelve pitch classes at a time.

The chroma is of the whole recording, drums and voices too: the original MusicGen took the drums
and the bass out first (Demucs), which is another model and not here.
"""

from dataclasses import dataclass
from typing import Any

from secondtake.errors import ModelError
from secondtake.files import sha256_of
from secondtake.melodies import Source, source_of
from secondtake.project import find_project
from secondtake_models.musicgen.checkpoint import Checkpoint

# How transformers' extractor resamples.
FILTER: dict[str, Any] = {"rolloff": 0.945, "lowpass_filter_width": 24}

REMEDY = "bring it in: invoke import-baseline FILE --segment NUMBER"


@dataclass(frozen=True, eq=False)
class Melody:
    """A recording to follow, and what makes chroma of it."""

    source: Source
    samples: Any  # (frames,) float32, mono, at the extractor's 32 kHz
    extractor: Any  # transformers' MusicgenMelodyFeatureExtractor

    def chroma(self, start: float) -> Any:
        """(time, 12) float32 from `start` seconds on, 7.8 a second, at most 30 s.

        Where the recording ends it begins again. One class is 1 at each time, the others are 0.
        """
        import numpy as np

        rate = self.extractor.sampling_rate
        heard = np.roll(self.samples, -round(start * rate))
        return self.extractor(heard, sampling_rate=rate, return_tensors="pt")["input_features"][0]

    @property
    def facts(self) -> dict[str, Any]:
        """For the record."""
        seconds = round(len(self.samples) / self.extractor.sampling_rate, 3)
        return {"file": self.source.path, "from_seconds": self.source.start, "seconds": seconds}


def read_melody(setting: str, checkpoint: Checkpoint) -> Melody:
    """The melody that a job's setting names. ModelError if the file is not what it was."""
    import soundfile
    import torch
    from torchaudio.functional import resample
    from transformers import MusicgenMelodyFeatureExtractor

    source = source_of(setting)
    path = find_project().root / source.path
    try:
        found = sha256_of(path)
        rate = soundfile.info(path).samplerate
        first = round(source.start * rate)
        last = None if source.end is None else round(source.end * rate)
        sound, _ = soundfile.read(path, start=first, stop=last, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise ModelError("unsupported", f"{path} cannot be read: {error}", REMEDY) from None
    if found != source.sha256:
        message = f"{path} has changed since the take was planned"
        raise ModelError("unsupported", message, "generate again: it is then planned anew")
    if not len(sound):
        message = f"{path} ends before the melody begins, at {source.start:g} s"
        raise ModelError("unsupported", message, "correct the segment's start and end")
    classes = int(checkpoint.config.get("num_chroma", 12))
    extractor = MusicgenMelodyFeatureExtractor(feature_size=classes, num_chroma=classes)
    samples = torch.from_numpy(sound.mean(1))
    if rate != extractor.sampling_rate:  # by its own filter, which it gives numpy arrays to in vain
        samples = resample(samples, rate, extractor.sampling_rate, **FILTER)
    return Melody(source, samples.numpy(), extractor)
