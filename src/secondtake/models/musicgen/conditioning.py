"""A prompt, and a melody if there is one, as the decoder's conditioning.

The text is encoded by T5. A melody is the baseline's chroma: the strongest of twelve pitch classes
at a time, of the whole recording. The original MusicGen took drums and bass out first (Demucs).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secondtake.core.errors import ModelError
from secondtake.core.prompts.source_audio import SourceAudio, parse_source_audio
from secondtake.core.weights import Weights
from secondtake.models.inference.latest import LatestResults
from secondtake.models.inference.recordings import read_recording
from secondtake.models.musicgen.checkpoint import REMEDY, TEXT, Checkpoint

if TYPE_CHECKING:
    import numpy as np
    from torch import Generator, Tensor
    from transformers import MusicgenMelodyFeatureExtractor


@dataclass(frozen=True)
class Conditioning:
    """Prompt and melody as the decoder reads them: (time, width) float32 each."""

    prompt: str
    text: Tensor | None = None  # for cross-attention; None where the checkpoint has a prefix
    prefix: Tensor | None = None  # melody and text, read before the tokens
    uncond: Tensor | None = None  # the prefix of no melody and no text, for guidance


@dataclass
class WindowRequest:
    """One window of one take: its conditioning, its sampling, and the frames it goes on from."""

    conditioning: Conditioning
    prefix_tokens: Tensor  # (codebooks, n) int64
    frames: int  # with the prefix
    guidance_scale: float  # up to 1: none, as in transformers
    temperature: float
    top_k: int
    generator: Generator  # on the CPU; every draw comes from it
    tokens: Tensor | None = None  # (codebooks, frames) int64, once they are generated

    @property
    def is_guided(self) -> bool:
        return self.guidance_scale > 1


CACHED_PROMPTS = 64  # 24 to 200 KiB each
TEXT_TOKENS = 512  # T5 was trained on no more


class TextEncoder:
    """T5's encoder, its tokenizer, and the states of the latest prompts.

    On mps it is on the processor: torch's attention is wrong there for what T5 gives it. The
    embeddings are on the processor always, since a prompt reads a handful of them.
    """

    def __init__(self, checkpoint: Checkpoint, weights: Weights, device: str) -> None:
        from transformers import T5EncoderModel

        self.device = device = "cpu" if device == "mps" else device
        self.tokenizer = _load_tokenizer(weights)
        model = checkpoint.load_module(T5EncoderModel, TEXT, "T5")
        self.embedding, self.layers = model.get_input_embeddings(), model.encoder
        self.layers.embed_tokens = None
        self.layers.to(device)
        projection = checkpoint.tensors("enc_to_dec_proj.")
        self.projection = {name: tensor.to(device).float() for name, tensor in projection.items()}
        self._latest: LatestResults[str, Tensor] = LatestResults(CACHED_PROMPTS)

    def encode(self, prompt: str) -> Tensor:
        """(tokens, width of the decoder) float32; the same tensor for the same prompt."""
        return self._latest.get(prompt, lambda: self._encode(prompt))

    def is_too_long(self, prompt: str) -> bool:
        """True if the prompt's end is not read."""
        return len(self.tokenizer.encode(prompt).ids) > TEXT_TOKENS

    def _encode(self, prompt: str) -> Tensor:
        import torch

        ids = self.tokenizer.encode(prompt).ids
        if len(ids) > TEXT_TOKENS:
            ids = [*ids[: TEXT_TOKENS - 1], ids[-1]]  # the last one says that the text ends
        embedded = self.embedding(torch.tensor([ids])).to(self.device)
        states = self.layers(inputs_embeds=embedded).last_hidden_state[0].float()
        return torch.nn.functional.linear(states, **self.projection) if self.projection else states


def _load_tokenizer(weights: Weights) -> Any:
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


def encode_conditioning(
    encoder: TextEncoder, checkpoint: Checkpoint, prompt: str, chroma: Tensor | None = None
) -> Conditioning:
    """The conditioning of a window. chroma: (time, 12) float32, or None for no melody."""
    import torch

    states = encoder.encode(prompt)
    if not checkpoint.takes_melody:
        return Conditioning(prompt, text=states)
    no_melody = torch.zeros((1, int(checkpoint.config.get("num_chroma", 12))))
    no_melody[:, 0] = 1  # what the model was trained to read for no melody
    chroma = no_melody if chroma is None else chroma
    melody = _project_chroma(checkpoint, chroma, encoder.device)
    silence = _project_chroma(checkpoint, no_melody, encoder.device)
    uncond = torch.cat((silence, torch.zeros_like(states)))
    return Conditioning(prompt, prefix=torch.cat((melody, states)), uncond=uncond)


def _project_chroma(checkpoint: Checkpoint, chroma: Tensor, device: str) -> Tensor:
    """(chroma_length, width): repeated if it is shorter, cut if it is longer."""
    import torch

    length = int(checkpoint.config.get("chroma_length", 235))
    projection = checkpoint.tensors("audio_enc_to_dec_proj.")
    states = chroma.to(device)
    if projection:
        on_device = {name: tensor.to(device).float() for name, tensor in projection.items()}
        states = torch.nn.functional.linear(states, **on_device)
    return states.repeat(math.ceil(length / len(states)), 1)[:length]


@dataclass(frozen=True, eq=False)
class Melody:
    """A recording to follow, and transformers' extractor of its chroma."""

    source: SourceAudio
    samples: np.ndarray  # (frames,) float32, mono, at the extractor's 32 kHz
    extractor: MusicgenMelodyFeatureExtractor

    def chroma(self, start: float) -> Tensor:
        """(time, 12) float32 from `start` seconds on, 7.8 a second, at most 30 s.

        Where the recording ends it begins again. One class is 1 at each time, the others are 0.
        """
        import numpy as np

        rate = self.extractor.sampling_rate
        samples = np.roll(self.samples, -round(start * rate))
        features = self.extractor(samples, sampling_rate=rate, return_tensors="pt")
        return features["input_features"][0]

    @property
    def details(self) -> dict[str, Any]:
        seconds = round(len(self.samples) / self.extractor.sampling_rate, 3)
        return {"file": self.source.path, "from_seconds": self.source.start, "seconds": seconds}


def load_melody(setting: str, checkpoint: Checkpoint) -> Melody:
    """The melody that a job's setting names. ModelError if the file is not what it was."""
    from transformers import MusicgenMelodyFeatureExtractor

    source = parse_source_audio(setting)
    classes = int(checkpoint.config.get("num_chroma", 12))
    extractor = MusicgenMelodyFeatureExtractor(feature_size=classes, num_chroma=classes)
    samples = read_recording(source, "melody", extractor.sampling_rate, channels=1)
    return Melody(source, samples[:, 0], extractor)
