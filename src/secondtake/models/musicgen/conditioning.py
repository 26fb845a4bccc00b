"""A prompt, and a melody if there is one, as the decoder reads them.

A passage: one window of one take, on its way from a prompt to tokens.

A melody to follow: the baseline's chroma, the strongest of twelve pitch classes at a time.

The chroma is of the whole recording, drums and voices too: the original MusicGen took the drums
and the bass out first (Demucs), which is another model and not here.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.project import find_project
from secondtake.core.prompts.melody import Source, source_of
from secondtake.core.weights import Weights
from secondtake.models.musicgen.checkpoint import REMEDY, TEXT, Checkpoint


@dataclass(frozen=True)
class Conditions:
    """What a passage is to sound like, as the decoder reads it: (time, width) float32 each."""

    prompt: str
    text: Any = None  # what every layer hears; None where the checkpoint reads it at the beginning
    beginning: Any = None  # melody and text, read before the tokens
    unguided: Any = None  # the same, of no melody and no text, for guidance to compare with


@dataclass
class Passage:
    """What is to be played, how freely, and after which frames."""

    conditions: Conditions
    given: Any  # (books, n) int64: frames that it goes on from
    frames: int  # with the given ones
    guidance: float  # up to 1: none, as in transformers
    temperature: float
    top_k: int
    generator: Any  # torch.Generator on the CPU; every draw comes from it
    tokens: Any = None  # (books, frames) int64

    @property
    def is_guided(self) -> bool:
        return self.guidance > 1


PROMPTS = 64  # that are remembered: 24 to 200 KiB each
TEXT_TOKENS = 512  # T5 was trained on no more


class TextEncoder:
    """T5's encoder, its tokenizer, and the prompts that went through them lately."""

    def __init__(self, checkpoint: Checkpoint, weights: Weights, device: str) -> None:
        self.checkpoint, self.device = checkpoint, device
        self.spell = _read_tokenizer(weights)
        self.model = _read_t5(checkpoint, device)
        projection = checkpoint.tensors("enc_to_dec_proj.")
        self.projection = {name: tensor.to(device).float() for name, tensor in projection.items()}
        self._known: OrderedDict[str, Any] = OrderedDict()

    def states(self, prompt: str) -> Any:
        """(tokens, width of the decoder) float32; the same tensor for the same prompt."""
        if prompt not in self._known:
            self._known[prompt] = self._states(prompt)
            while len(self._known) > PROMPTS:
                self._known.popitem(last=False)
        self._known.move_to_end(prompt)
        return self._known[prompt]

    def is_too_long(self, prompt: str) -> bool:
        """Whether its end is not read."""
        return len(self.spell.encode(prompt).ids) > TEXT_TOKENS

    def _states(self, prompt: str) -> Any:
        import torch

        ids = self.spell.encode(prompt).ids
        if len(ids) > TEXT_TOKENS:
            ids = [*ids[: TEXT_TOKENS - 1], ids[-1]]  # the last one says that the text ends
        tokens = torch.tensor([ids], device=self.device)
        states = self.model(input_ids=tokens).last_hidden_state[0].float()
        return torch.nn.functional.linear(states, **self.projection) if self.projection else states


def _read_tokenizer(weights: Weights) -> Any:
    """tokenizer.json, as transformers' fast T5 tokenizer reads it. ModelError bad_weights."""
    from tokenizers import Tokenizer

    path = weights["tokenizer"]
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more particular
        message = f"{path} is no tokenizer: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _read_t5(checkpoint: Checkpoint, device: str) -> Any:
    """T5's encoder with the checkpoint's tensors, without drawing random ones beforehand."""
    import torch
    from transformers import T5Config, T5EncoderModel

    tensors = {name: tensor.float() for name, tensor in checkpoint.tensors(TEXT).items()}
    try:
        config = T5Config.from_dict(dict(checkpoint.config["text_encoder"]))
        model, told = T5EncoderModel.from_pretrained(
            None, config=config, state_dict=tensors, dtype=torch.float32, output_loading_info=True
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        message = f"{checkpoint.files[0]} holds no T5: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error
    if told["missing_keys"]:
        message = f"{checkpoint.files[0]} lacks {sorted(told['missing_keys'])[0]} of its T5"
        raise ModelError("bad_weights", message, REMEDY)
    return model.eval().to(device)


def conditions(
    encoder: TextEncoder, checkpoint: Checkpoint, prompt: str, chroma: Any = None
) -> Conditions:
    """What a passage is to sound like. chroma: (time, 12) float32, or None for no melody."""
    import torch

    states = encoder.states(prompt)
    if not checkpoint.takes_melody:
        return Conditions(prompt, text=states)
    silent = torch.zeros((1, int(checkpoint.config.get("num_chroma", 12))))
    silent[:, 0] = 1  # how the model was trained to be told of no melody
    melody = _melody(checkpoint, silent if chroma is None else chroma, encoder.device)
    none = _melody(checkpoint, silent, encoder.device)
    return Conditions(
        prompt,
        beginning=torch.cat((melody, states)),
        unguided=torch.cat((none, torch.zeros_like(states))),
    )


def _melody(checkpoint: Checkpoint, chroma: Any, device: str) -> Any:
    """(chroma_length, width): repeated if it is shorter, cut if it is longer."""
    import torch

    length = int(checkpoint.config.get("chroma_length", 235))
    projection = checkpoint.tensors("audio_enc_to_dec_proj.")
    states = chroma.to(device)
    if projection:
        moved = {name: tensor.to(device).float() for name, tensor in projection.items()}
        states = torch.nn.functional.linear(states, **moved)
    return states.repeat(math.ceil(length / len(states)), 1)[:length]


# How transformers' extractor resamples.
FILTER: dict[str, Any] = {"rolloff": 0.945, "lowpass_filter_width": 24}

MELODY_REMEDY = "bring it in: invoke import-baseline FILE --segment NUMBER"


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
        raise ModelError("unsupported", f"{path} cannot be read: {error}", MELODY_REMEDY) from None
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
