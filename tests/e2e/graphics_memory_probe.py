"""Bark on simulated cards that are too small: python graphics_memory_probe.py FOLDER

FOLDER is written by tests/tiny/bark.py. Prints JSON: which takes were made, whether each is what a
card with room makes of it alone, and how many windows went through a stage together.
"""

import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

sys.path.append(str(Path(__file__).parents[2]))

from bark_tiny import a_job, quiet, weights_in
from tests.simulated.accelerator import Accelerator

from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio, SelectedDevice
from secondtake.core.jobs import Job
from secondtake.core.weights import Weights
from secondtake.models.bark import batch, model
from secondtake.models.bark.batch import load_bark
from secondtake.models.bark.constants import STAGES
from secondtake.models.bark.model import BarkComponents, stage_size, take_bytes
from secondtake.models.inference.cuda_graphs import padded_rows
from secondtake.models.inference.graphics_memory import WORKSPACE, device_with_room
from secondtake.models.inference.quantization import FLOAT32

TEXTS = ("We whisper", "Come over here", "Night", "La la", "Never again", "Hush", "Oh my", "Away")
UNFORTUNATE = 3  # the place of the job for which nothing suffices
CARD, HUGE = 1 << 30, 1 << 31  # bytes of a card with room for all, and of a tensor without
Outcome = GeneratedAudio | ModelError


def the_jobs() -> list[Job]:
    temperature = {UNFORTUNATE: 0.69}  # by which its window is known in a stage
    return [
        a_job(f"♪ {text} ♪", seed=20 + place, waveform_temperature=temperature.get(place, 0.7))
        for place, text in enumerate(TEXTS)
    ]


@contextmanager
def watched_stages(
    before: Callable[[Sequence[Any]], None] = lambda states: None,
) -> Iterator[list[int]]:
    """The number of windows in each run of the coarse stage; before: called with them."""
    counts: list[int] = []
    generate_coarse = batch.generate_coarse

    def watched(decoder: Any, states: Sequence[Any], *rest: Any) -> None:
        counts.append(len(states))
        before(states)
        generate_coarse(decoder, states, *rest)

    with mock.patch.object(batch, "generate_coarse", watched):
        yield counts


def made_by(weights: Weights, jobs: Sequence[Job]) -> list[Outcome]:
    """The outcome of each job, made together by a Bark loaded anew."""
    bark = load_bark(weights, "cuda")
    done = {job.name + str(job.seed): outcome for job, outcome in bark(jobs, quiet)}
    return [done[job.name + str(job.seed)] for job in jobs]


def report(alone: Sequence[Outcome], outcomes: Sequence[Outcome], **more: Any) -> dict[str, Any]:
    return {
        "equal": [
            isinstance(one, GeneratedAudio)
            and isinstance(other, GeneratedAudio)
            and bool(np.array_equal(one.samples, other.samples))
            for one, other in zip(alone, outcomes, strict=True)
        ],
        "errors": {
            place: [outcome.code, outcome.message]
            for place, outcome in enumerate(outcomes)
            if isinstance(outcome, ModelError)
        },
        **more,
    }


def fits_three(weights: Weights) -> int:
    """The memory of a card on which three windows fit into the largest stage, but no four."""
    return WORKSPACE + max(stage_size(weights, stage).bytes(FLOAT32, rows=3) for stage in STAGES)


def halvings_in(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    messages = (str(warning.message) for warning in caught)
    return [message for message in messages if "takes at once" in message]


def sized(weights: Weights, alone: Sequence[Outcome]) -> dict[str, Any]:
    """A card that is looked at before: nothing is tried that does not fit."""
    with (
        Accelerator("cuda", memory=fits_three(weights)),
        watched_stages() as counts,
        warnings.catch_warnings(record=True) as caught,
    ):
        outcomes = made_by(weights, the_jobs())
    return report(alone, outcomes, windows=counts, halvings=halvings_in(caught))


def halved(weights: Weights, alone: Sequence[Outcome]) -> dict[str, Any]:
    """A card that fills up after it was looked at: more than three at once find no memory."""

    def fill_up(states: Sequence[Any]) -> None:
        if len(states) > 3:
            torch.empty(HUGE, dtype=torch.uint8, device="cuda")

    with (
        Accelerator("cuda", memory=CARD),
        watched_stages(fill_up) as counts,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        outcomes = made_by(weights, the_jobs())
    return report(alone, outcomes, windows=counts, halvings=halvings_in(caught))


def one_fits_nowhere(weights: Weights, alone: Sequence[Outcome]) -> dict[str, Any]:
    """A job that finds no memory in any company, and not alone."""
    temperature = the_jobs()[UNFORTUNATE].settings["waveform_temperature"]

    def fill_up(states: Sequence[Any]) -> None:
        if any(state.waveform_temperature == temperature for state in states):
            torch.empty(HUGE, dtype=torch.uint8, device="cuda")

    with (
        Accelerator("cuda", memory=CARD),
        watched_stages(fill_up) as counts,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        outcomes = made_by(weights, the_jobs())
    return report(alone, outcomes, windows=counts)


def stages_in_turn(weights: Weights, alone: Sequence[Outcome]) -> dict[str, Any]:
    """The stages that two jobs load, one after the other, with room for all and for one."""
    facts, load_stage = {}, model.load_stage
    jobs = the_jobs()[:2]
    for room, memory in (("all", CARD), ("one", fits_three(weights))):
        with (
            Accelerator("cuda", memory=memory) as card,
            mock.patch.object(model, "load_stage", side_effect=load_stage) as loading,
        ):
            bark = load_bark(weights, "cuda")
            outcomes = [sound for job in jobs for _, sound in bark([job], quiet)]
            loaded = [call.args[1] for call in loading.call_args_list]
            facts[room] = report(alone[:2], outcomes, loaded=loaded, peak=card.memory.peak)
    return facts


def reckoned_beside_counted(weights: Weights) -> dict[str, Any]:
    """By stage, the bytes that are reckoned for three windows and those that were counted."""
    facts: dict[str, Any] = {}
    for stage in STAGES:
        with Accelerator("cuda") as card, torch.inference_mode():
            components = BarkComponents(weights, "cuda", one_at_a_time=False)
            if stage == "fine":
                kept = components.stage(stage, FLOAT32, 3)
            else:
                kept = components.decoder(stage, FLOAT32, 3)
                cache = kept.cache(3)  # noqa: F841 - counted
            size = stage_size(weights, stage)
            facts[stage] = {
                "reckoned": size.bytes(FLOAT32, padded_rows(3)),
                "counted": card.memory.allocated,
            }
            del kept
    return facts


def chosen_devices(weights: Weights) -> dict[str, Any]:
    """The device and its notes, or the error's code and words, on a card that holds no take."""
    facts: dict[str, Any] = {}
    needed = take_bytes(weights)
    for room, memory in (("enough", needed + WORKSPACE), ("little", needed)):
        for asked in ("auto", "cuda"):
            with Accelerator("cuda", memory=memory):
                selected = SelectedDevice("cuda")
                try:
                    device = device_with_room(asked, selected, lambda: needed, "Bark (large)")
                    facts[f"{asked}, {room}"] = [device.name, *device.notes]
                except ModelError as error:
                    facts[f"{asked}, {room}"] = [error.code, error.message, error.hint]
    return facts


def as_heard(codec: Any, states: Sequence[Any], progress: Any) -> None:
    """Instead of the codec, which is slow here: samples by which fine tokens can be told apart."""
    for state in states:
        state.samples = np.repeat(state.fine.mean(0) / 512 - 1, 320).astype(np.float32)


def main(folder: Path) -> dict[str, Any]:
    torch.set_num_threads(1)
    weights = weights_in(folder)
    with (
        mock.patch.object(batch, "codec_decode", as_heard),
        mock.patch.object(model, "CODEC_BYTES", 0),
    ):
        with Accelerator("cuda"):
            bark = load_bark(weights, "cuda")
            alone = [outcome for job in the_jobs() for _, outcome in bark([job], quiet)]
        parts = (sized, halved, one_fits_nowhere, stages_in_turn)
        facts = {part.__name__: part(weights, alone) for part in parts}
    return {
        "alone": report(alone, alone),
        **facts,
        "reckoned": reckoned_beside_counted(weights),
        "devices": chosen_devices(weights),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
