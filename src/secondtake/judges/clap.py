"""CLAP: how well a recording fits words, as the cosine of the embeddings of both.

Wu et al., Large-scale Contrastive Language-Audio Pretraining (2023), by transformers' own classes,
in float32. A recording is heard in windows of as much as CLAP reads at once, 10 s, every half of
one; a shorter one is repeated by CLAP's own rule, as in its training. So nothing is cut at random.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.judge_script import LoadedJudge
from secondtake.core.judgments import JudgeJob, Judgment, Reading
from secondtake.core.registry.clap import CLAP, PROMPT_ADHERENCE
from secondtake.core.weights import Weights
from secondtake.judges.clap_prompts import OTHER_PROMPTS, other_prompts
from secondtake.judges.recordings import Windows, cut_windows, read_mono
from secondtake.models.inference.checkpoints import as_safetensors, load_converted
from secondtake.models.inference.device import select_device
from secondtake.models.inference.graphics_memory import device_with_room

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import ClapModel

BATCH = 4  # windows at once, each of which takes memory of its own
TEXT_BATCH = 16
BATCH_BYTES = 1 << 30  # more than the activations of a batch on a graphics card, and libraries'
SILENCE = 1e-4  # of full scale: a window without a louder sample has nothing to be described
DECIMALS = 6  # of what is kept; float32 has hardly more
# Mean cosine of OTHER_PROMPTS, beyond which words do not count. Of unlike texts, .29 was reported
# of the general checkpoint and more than .999 of the music one, whose text half is broken.
MOST_ALIKE = 0.95
# Tables of places that transformers makes by itself, whether a checkpoint has them or not.
COMPUTED = ("position_ids", "token_type_ids", "relative_position_index")
REMEDY = f"type: {CLAP.fetch_command}"


class Clap:
    """A checkpoint in memory, with the embeddings of the other prompts."""

    def __init__(self, weights: Weights, device: str) -> None:
        """ModelError bad_weights if a file is not CLAP's, or tells no texts apart."""
        from transformers import ClapFeatureExtractor, RobertaTokenizer

        self.device = device
        with _bad_weights(weights["preprocessor"], "way to make a spectrogram"):
            self.extractor = ClapFeatureExtractor.from_json_file(weights["preprocessor"])
        with _bad_weights(weights["vocabulary"].parent, "tokenizer"):
            self.tokenizer = RobertaTokenizer.from_pretrained(weights["vocabulary"].parent)
        self.model = _load_model(weights).to(device)
        text = self.model.config.text_config
        # Positions are counted from the one after the padding's.
        self.longest = text.max_position_embeddings - text.pad_token_id - 1
        embeddings = self.embed_texts(OTHER_PROMPTS)
        _check_words(embeddings)
        self.others = dict(zip(OTHER_PROMPTS, embeddings, strict=True))

    def __call__(self, job: JudgeJob, progress: Progress) -> Judgment:
        """What CLAP says of a recording, of every window that is not silent; nothing if all are.

        AudioError if the recording cannot be read.
        """
        heard = self.windows(job)
        if not heard.samples:
            return Judgment()
        embeddings = self.embed_windows(heard.samples, progress)
        (style,) = self.embed_texts([job.style])
        others = {
            prompt: _cosines(embeddings, self.others[prompt]) for prompt in other_prompts(job.style)
        }
        reading = Reading(_cosines(embeddings, style), others)
        rounded = embeddings.astype(float).round(DECIMALS)
        return Judgment(
            heard.spans, {PROMPT_ADHERENCE.name: reading}, tuple(map(tuple, rounded.tolist()))
        )

    def windows(self, job: JudgeJob) -> Windows:
        """The windows of a recording that hold any sound, at CLAP's sample rate, 48 kHz."""
        rate, frames = self.extractor.sampling_rate, self.extractor.nb_max_samples
        seconds = frames / rate
        windows = cut_windows(read_mono(job, rate), rate, seconds, seconds / 2, whole=True)
        pairs = zip(windows.samples, windows.spans, strict=True)
        heard = [pair for pair in pairs if _is_sound(pair[0])]
        return Windows(tuple(s for s, _ in heard), tuple(span for _, span in heard))

    def embed_windows(self, samples: Sequence[np.ndarray], progress: Progress) -> np.ndarray:
        """(frames,) float32 each -> (windows, dimensions) float32, each of length 1."""
        batches = [samples[first : first + BATCH] for first in range(0, len(samples), BATCH)]
        embeddings: list[np.ndarray] = []
        for batch in batches:
            progress("listening, windows", BATCH * len(embeddings), len(samples))
            embeddings.append(self._embed_batch(batch))
        progress("listening, windows", len(samples), len(samples))
        return np.concatenate(embeddings)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, dimensions) float32, each of length 1. Of a text longer than CLAP's 512 tokens,
        some 380 words, the rest is not read."""
        import torch

        embeddings = []
        for first in range(0, len(texts), TEXT_BATCH):
            tokens = self.tokenizer(
                list(texts[first : first + TEXT_BATCH]),
                padding=True,
                truncation=True,
                max_length=self.longest,
                return_tensors="pt",
            ).to(self.device)
            with torch.inference_mode():
                embeddings.append(_unit_rows(self.model.get_text_features(**tokens)))
        return np.concatenate(embeddings)

    def _embed_batch(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        import torch

        # One by one, so that a window's features are those that it has alone.
        rate = self.extractor.sampling_rate
        features = [self.extractor(window, sampling_rate=rate) for window in batch]
        stacked = np.concatenate([np.asarray(f["input_features"], np.float32) for f in features])
        with torch.inference_mode():
            tensor = torch.from_numpy(stacked).to(self.device)  # (windows, 1, time, mels)
            return _unit_rows(self.model.get_audio_features(tensor))


def load_clap(weights: Weights, device: str) -> LoadedJudge:
    """Load a checkpoint on a device, or on the best that there is for "auto".

    ModelError bad_weights if a file is not CLAP's or the checkpoint tells no texts apart,
    unsupported if the device cannot be used, memory if it has no room.
    """
    needed = weights["model"].stat().st_size + BATCH_BYTES
    selected = device_with_room(
        device, select_device(device, CLAP.devices), lambda: needed, CLAP.title
    )
    return LoadedJudge(Clap(weights, selected.name), selected)


def mean_cosine(embeddings: np.ndarray) -> float:
    """The mean over all pairs of rows; (n, dimensions), each of length 1."""
    count = len(embeddings)
    total = float((embeddings.astype(float).sum(axis=0) ** 2).sum())  # of all, each with itself too
    return (total - count) / (count * (count - 1))


def _load_model(weights: Weights) -> ClapModel:
    """transformers' network on the processor. The file of torch.save is converted, never run."""
    import torch
    from transformers import ClapConfig, ClapModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # what does not fit is said below
    tensors, _ = load_converted(as_safetensors(weights, "model"))
    with _bad_weights(weights["config"], "configuration"):
        config = ClapConfig.from_json_file(weights["config"])
    with _bad_weights(weights["model"], "network"):
        model, info = ClapModel.from_pretrained(
            None,
            config=config,
            state_dict=tensors,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            output_loading_info=True,
        )
    misfits = {name for name in info["missing_keys"] if not name.endswith(COMPUTED)}
    misfits |= {name for name, *_ in info["mismatched_keys"]}
    if misfits:
        message = f"{weights['model']}: {min(misfits)} is missing, or not as large as in CLAP"
        raise ModelError("bad_weights", message, REMEDY)
    network: ClapModel = model.eval()
    return network


@contextmanager
def _bad_weights(path: Path, what: str) -> Iterator[None]:
    """Within it, an error is ModelError bad_weights: the libraries raise any for a foreign file."""
    try:
        yield
    except Exception as error:
        message = f"{path} is not CLAP's {what}: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error


def _check_words(embeddings: np.ndarray) -> None:
    """ModelError bad_weights if unlike texts have nearly the same embedding."""
    cosine = mean_cosine(embeddings)
    if not cosine <= MOST_ALIKE:
        message = (
            "this checkpoint of CLAP can judge nothing: its words are nearly the same whatever "
            f"they say: mean cosine {cosine:.4f} of {len(embeddings)} unlike prompts"
        )
        hint = f"use the checkpoint {CLAP.checkpoints[0].name} (--checkpoint, SECONDTAKE_JUDGES)"
        raise ModelError("bad_weights", message, hint)


def _is_sound(window: np.ndarray) -> bool:
    """Whether any sample is louder than SILENCE, and none is infinite or no number."""
    return len(window) > 0 and bool(SILENCE <= np.abs(window).max() < np.inf)


def _unit_rows(features: Any) -> np.ndarray:
    """What transformers gives back as embeddings, of length 1 already, as (rows, dimensions)."""
    projected: Tensor = features.pooler_output
    return np.asarray(projected.float().cpu().numpy())


def _cosines(embeddings: np.ndarray, text: np.ndarray) -> tuple[float, ...]:
    cosines = embeddings.astype(float) @ text.astype(float)
    return tuple(cosines.round(DECIMALS).tolist())
