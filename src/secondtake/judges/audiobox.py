"""Audiobox Aesthetics: a network that says, on four scales, what listeners would of a recording.

The network is its authors' own (audiobox_aesthetics.model), and so is what it hears: mono at
16 kHz, in windows of 10 s one after the other, the last one filled up with silence that a mask
leaves out. It computes in float32 whatever its configuration calls its precision, as their
predictor does, which compares a dtype with a text and so never switches to another.
"""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from secondtake.analysis.audio_io import Samples
from secondtake.core.errors import ModelError
from secondtake.core.escape import plain
from secondtake.core.generate import Progress
from secondtake.core.judge_script import LoadedJudge
from secondtake.core.judgments import JudgeJob, Judgment, Reading
from secondtake.core.registry.audiobox import AUDIOBOX
from secondtake.core.serialization import SHAPE_ERRORS, JsonFileError, read_json
from secondtake.core.weights import Weights
from secondtake.judges.damage import DAMAGES, damaged_copies
from secondtake.judges.recordings import cut_windows, read_mono
from secondtake.models.inference.checkpoints import as_safetensors, load_converted
from secondtake.models.inference.device import oom_as_model_error, select_device
from secondtake.models.inference.safetensors_header import check_header

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

SAMPLE_RATE = 16_000  # Hz
WINDOW = 10.0  # s
BATCH = 2  # windows at once; more are no faster on a processor, and 0.15 GiB each
DIGITS = 5  # after the point of a score; processors differ in the sixth
AXES = {  # the authors' names -> those of the scales
    "PQ": "production quality",
    "CE": "content enjoyment",
    "CU": "content usefulness",
    "PC": "production complexity",
}
MOST_LAYERS = 64  # of anything that the configuration counts; the true numbers are 5 and 13
WIDTH = "512"  # of the convolutions, as the authors' configuration writes it
LONGEST_REASON = 200  # characters
REMEDY = f"type: {AUDIOBOX.fetch_command}"

Tensors = Mapping[str, "Tensor"]
Scores = Mapping[str, tuple[float, ...]]  # by axis, of each window


def load_audiobox(weights: Weights, device: str) -> LoadedJudge:
    """The judge on a device. ModelError: bad_weights, or a device that cannot be used."""
    warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask")  # of its attention
    selected = select_device(device, AUDIOBOX.devices)
    tensors, settings = read_weights(weights)
    try:
        with oom_as_model_error():
            network = build_network(tensors, settings).to(selected.name)
    except (ArithmeticError, AssertionError, RuntimeError, *SHAPE_ERRORS) as error:
        message = f"{weights['model']} does not fit its configuration: {_reason(error)}"
        raise ModelError("bad_weights", message, REMEDY) from error
    return LoadedJudge(Audiobox(network, selected.name), selected)


@dataclass(frozen=True)
class Audiobox:
    """The network on its device. A call judges a recording."""

    network: "Module"
    device: str

    def __call__(self, job: JudgeJob, progress: Progress) -> Judgment:
        """The recording on every scale; damaged copies of it too, where the job asks for them.

        AudioError: it cannot be read; ModelError unsupported: there is nothing in it to hear.
        """
        samples = heard_samples(job)
        windows = cut_windows(samples, SAMPLE_RATE, WINDOW, WINDOW)
        copies = 1 + len(DAMAGES) if job.damage else 1
        count = WindowCount(progress, copies * len(windows.samples))
        scores = self.scores(windows.samples, count)
        others: dict[str, Scores] = {}
        for words, copy in damaged_copies(samples, SAMPLE_RATE) if job.damage else ():
            cut = cut_windows(copy, SAMPLE_RATE, WINDOW, WINDOW)
            others[words] = self.scores(cut.samples, count)
        scales = {
            name: Reading(scores[axis], {words: other[axis] for words, other in others.items()})
            for axis, name in AXES.items()
        }
        return Judgment(windows.spans, scales)

    def scores(self, windows: Sequence[Samples], count: Callable[[int], None]) -> Scores:
        """windows: (frames,) each, at most 10 s of 16 kHz -> by axis, points of each window.

        count: told how many windows were heard, after each batch.
        """
        import torch

        points: dict[str, list[float]] = {axis: [] for axis in AXES}
        for start in range(0, len(windows), BATCH):
            batch = windows[start : start + BATCH]
            with torch.inference_mode(), oom_as_model_error():
                predictions = self.network(as_input(batch, self.device))
                for axis in AXES:
                    scale = self.network.target_transform[axis]
                    values = predictions[axis] * scale["std"] + scale["mean"]
                    points[axis] += [round(value, DIGITS) for value in values.tolist()]
            count(len(batch))
        if not all(math.isfinite(value) for values in points.values() for value in values):
            raise ModelError("bad_weights", "its answer is not a number", REMEDY)
        return {axis: tuple(values) for axis, values in points.items()}


class WindowCount:
    """Progress over the windows of all copies."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0
        self(0)

    def __call__(self, windows: int) -> None:
        self.done += windows
        self.progress("listening, windows", self.done, self.total)


def heard_samples(job: JudgeJob) -> Samples:
    """The job's stretch, (frames,) float32 at 16 kHz, of which there is some."""
    samples = read_mono(job, SAMPLE_RATE)
    if not len(samples):
        raise ModelError("unsupported", f"{job.file}: nothing to hear, it has no samples")
    if not np.isfinite(samples).all():
        raise ModelError("unsupported", f"{job.file}: some of its samples are not numbers")
    return samples


def as_input(windows: Sequence[Samples], device: str) -> dict[str, "Tensor"]:
    """Windows as the network takes them: wav, and a mask that is true where there is sound; both
    (windows, 1, frames of 10 s)."""
    import torch

    frames = round(WINDOW * SAMPLE_RATE)
    sound = torch.zeros(len(windows), 1, frames)
    mask = torch.zeros(len(windows), 1, frames, dtype=torch.bool)
    for row, window in enumerate(windows):
        sound[row, 0, : len(window)] = torch.from_numpy(window)
        mask[row, 0, : len(window)] = True
    return {"wav": sound.to(device), "mask": mask.to(device)}


def read_weights(weights: Weights) -> tuple[Tensors, dict[str, Any]]:
    """The tensors in float32 and what AesMultiOutput is built with. ModelError bad_weights.

    A file of safetensors is built by config.json. The authors' older pickle says for itself.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = weights["model"]
    try:
        if path.suffix == ".safetensors":
            check_header(path, REMEDY)
            tensors = load_file(path)
            settings = read_json(weights["config"], _checked)
        else:
            pickled, values = load_converted(as_safetensors(weights, "model", within="state_dict"))
            tensors = {name.removeprefix("model."): tensor for name, tensor in pickled.items()}
            own = {"target_transform": values["target_transform"]}
            settings = _checked({**values["model_cfg"], **own})
    except (JsonFileError, SafetensorError, *SHAPE_ERRORS) as error:
        message = f"{path}: no weights of {AUDIOBOX.title}: {_reason(error)}"
        raise ModelError("bad_weights", message, REMEDY) from error
    return {name: tensor.float() for name, tensor in tensors.items()}, settings


def _reason(error: Exception) -> str:
    """The words of an error in one line, which may repeat what a file says."""
    return plain(" ".join(str(error).split())[:LONGEST_REASON]) or type(error).__name__


def _checked(settings: Any) -> dict[str, Any]:
    """The configuration, every axis in points, nothing beyond measure. ValueError and its like."""
    for axis in AXES:
        mean, spread = (float(settings["target_transform"][axis][name]) for name in ("mean", "std"))
        if not (math.isfinite(mean) and math.isfinite(spread) and spread > 0):
            raise ValueError(f"{axis} has a mean of {mean} and a spread of {spread}")
    for name in ("proj_num_layer", "nth_layer", "output_dim"):
        number = settings.get(name, 1)
        if type(number) is not int or not 0 < number <= MOST_LAYERS:
            raise ValueError(f"{name} is {number}")
    return dict(settings)


def build_network(tensors: Tensors, settings: Mapping[str, Any]) -> "Module":
    """AesMultiOutput with these weights, for inference. What it does not know of the settings is
    left out. RuntimeError, KeyError and the like if they do not fit."""
    from audiobox_aesthetics.model.aes import AesMultiOutput

    known = {field.name for field in fields(AesMultiOutput)} & settings.keys()
    with _wavlm_built_by(wavlm_config(tensors)), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's, of weight_norm
        network = AesMultiOutput(**{name: settings[name] for name in known})
    network.load_state_dict(dict(tensors), strict=True, assign=True)
    return network.eval().requires_grad_(False)


def wavlm_config(tensors: Tensors) -> Any:
    """The configuration of WavLM, the network's first part: the authors', in the sizes that the
    tensors have. Of the published weights it is the authors' own."""
    from audiobox_aesthetics.model.aes import DEFAULT_AUDIO_CFG
    from audiobox_aesthetics.model.wavlm import WavLMConfig

    shapes = {
        name.removeprefix("wavlm_model."): tuple(tensor.shape) for name, tensor in tensors.items()
    }
    width = shapes["layer_norm.weight"][0]
    embedding, within_group, positions = shapes["encoder.pos_conv.0.weight_v"]
    buckets, heads = shapes["encoder.layers.0.self_attn.relative_attention_bias.weight"]
    usual = dict(vars(DEFAULT_AUDIO_CFG))
    sizes = {
        "encoder_layers": sum(name.endswith(".fc1.weight") for name in shapes),
        "encoder_embed_dim": embedding,
        "encoder_ffn_embed_dim": shapes["encoder.layers.0.fc1.weight"][0],
        "encoder_attention_heads": heads,
        "conv_feature_layers": usual["conv_feature_layers"].replace(WIDTH, str(width)),
        "conv_pos": positions,
        "conv_pos_groups": embedding // within_group,
        "num_buckets": buckets,
    }
    return WavLMConfig({**usual, **sizes})


@contextmanager
def _wavlm_built_by(config: Any) -> Iterator[None]:
    """Within it, AesMultiOutput has this WavLM: its class reads a constant of its module."""
    from audiobox_aesthetics.model import aes

    usual, aes.DEFAULT_AUDIO_CFG = aes.DEFAULT_AUDIO_CFG, config
    try:
        yield
    finally:
        aes.DEFAULT_AUDIO_CFG = usual
