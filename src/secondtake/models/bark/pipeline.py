"""A take from its lyrics: window by window in one voice, each sung again if it went wrong.

A take generator yields the stages that it needs and goes on when their output is filled in, so
that many takes go through Bark's stages together (bark.batch).

Going on from the last window alone sounds natural, and copies of copies gather noise until the
voice is another one. From the first voice alone, every line starts as if nothing had been sung. So
a history prompt holds the anchor voice, then the end of the last window unless that went wrong.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio
from secondtake.core.jobs import Job
from secondtake.core.registry.bark import check_bark
from secondtake.models.bark.audio_faults import check_audio
from secondtake.models.bark.autotune import Choice
from secondtake.models.bark.coarse import MAX_SEMANTIC_HISTORY
from secondtake.models.bark.concatenate import Concatenated, concatenate
from secondtake.models.bark.constants import (
    COARSE_RATE_HZ,
    MAX_TEXT_TOKENS,
    SAMPLE_RATE,
    SEMANTIC_RATE_HZ,
)
from secondtake.models.bark.lyrics import LyricsWindow, split_lyrics
from secondtake.models.bark.retries import Attempt, attempt_seed, best_attempt, should_retry
from secondtake.models.bark.token_faults import check_tokens, is_stuck
from secondtake.models.bark.tokenizer import Tokenize
from secondtake.models.bark.window import HistoryPrompt, WindowState
from secondtake.models.inference.sampling import seeded_generator

# The coarse stage looks back on 209 semantic tokens: half of these, 2.1 s.
LAST_WINDOW_TOKENS = MAX_SEMANTIC_HISTORY // 2
FRAMES_PER_TOKEN = COARSE_RATE_HZ / SEMANTIC_RATE_HZ
MIN_ANCHOR_TOKENS = 50  # one second: shorter says too little of a voice to go on from
# Bark's probability of the end at which it stops: sooner where windows follow one another, because
# what Bark adds after the last word ("ahem", humming) is heard in the middle of the song.
MIN_EOS_P, MIN_EOS_P_OF_MANY = 0.2, 0.05


@dataclass(frozen=True)
class StageRequest:
    """A window that waits for its semantic tokens, or for its sound."""

    state: WindowState
    stage: Literal["semantic", "sound"]
    label: str  # "window 2 of 4", or "" for the only one


@dataclass(frozen=True)
class WindowResult:
    """The attempt at a window that was kept, its state, and all attempts."""

    window: LyricsWindow
    attempt: Attempt
    state: WindowState
    attempts: Sequence[Attempt]


TakeGenerator = Generator[StageRequest, None, GeneratedAudio]


def generate_take(
    job: Job, voice: HistoryPrompt | None, tokenize: Tokenize, choice: Choice
) -> TakeGenerator:
    """The job's take. The generator is resumed when the yielded window's stage is filled in.

    ModelError unsupported if the lyrics do not fit the job's seconds, or nothing was sung.
    """
    check_bark(job)
    windows = split_lyrics(job.prompt, count_tokens=lambda text: len(tokenize(text)))
    anchor, last = voice, None
    results: list[WindowResult] = []
    for number, window in enumerate(windows):
        label = f"window {number + 1} of {len(windows)}" if len(windows) > 1 else ""
        generator = WindowGenerator(job, window, number, label, tokenize, many=len(windows) > 1)
        result = yield from generator.generate(next_history_prompt(anchor, last))
        results.append(result)
        history_prompt = result.state.as_history_prompt
        if anchor is None and is_usable_as_anchor(history_prompt):
            anchor = history_prompt
        last = None if result.attempt.retake else history_prompt
    return _finish_take(job, results, tokenize, choice)


def is_usable_as_anchor(history_prompt: HistoryPrompt) -> bool:
    """True if a window is long enough to be the voice of those that follow."""
    return len(history_prompt["semantic_prompt"]) >= MIN_ANCHOR_TOKENS


def next_history_prompt(
    anchor: HistoryPrompt | None, last: HistoryPrompt | None
) -> HistoryPrompt | None:
    """The anchor voice and then the end of the last window, so that a voice neither drifts nor
    starts anew; the anchor alone where there is no other window."""
    if anchor is None or last is None or last is anchor:
        return anchor
    end = _end_of(last, LAST_WINDOW_TOKENS)
    return {name: np.concatenate((anchor[name], end[name]), axis=-1) for name in anchor}


def _end_of(history_prompt: HistoryPrompt, tokens: int) -> HistoryPrompt:
    """The last `tokens` semantic tokens and the frames that belong to them."""
    tokens = min(tokens, len(history_prompt["semantic_prompt"]))
    frames = min(round(tokens * FRAMES_PER_TOKEN), history_prompt["coarse_prompt"].shape[-1])
    counts = {"semantic_prompt": tokens, "coarse_prompt": frames, "fine_prompt": frames}
    return {
        name: history_prompt[name][..., history_prompt[name].shape[-1] - count :]
        for name, count in counts.items()
    }


@dataclass
class WindowGenerator:
    """One window, until an attempt is good or no more are left."""

    job: Job
    window: LyricsWindow
    number: int
    label: str
    tokenize: Tokenize
    many: bool

    def generate(
        self, history_prompt: HistoryPrompt | None
    ) -> Generator[StageRequest, None, WindowResult]:
        attempts: list[Attempt] = []
        states: list[WindowState] = []
        retakes = int(self.job.settings["retakes"])
        while should_retry(attempts, retakes):
            number = len(attempts)
            seed = attempt_seed(self.job.seed, self.number, number)
            states.append(self._state(history_prompt, seed))
            is_last = number >= retakes
            attempts.append((yield from self._attempt(states[-1], seed, number, is_last)))
        attempt = best_attempt(attempts)
        state = states[attempt.number]
        if not len(state.semantic):
            message = f"Bark ended before its first sound: {self.window.text!r}"
            hint = "try another seed, other words, or a higher text_temperature"
            raise ModelError("unsupported", message, hint)
        if attempt.audio is None:  # the last attempt had no token; this one was given up too soon
            attempt = attempts[attempt.number] = yield from self._with_sound(attempt, state)
        return WindowResult(self.window, attempt, state, attempts)

    def _attempt(
        self, state: WindowState, seed: int, number: int, is_last: bool
    ) -> Generator[StageRequest, None, Attempt]:
        yield StageRequest(state, "semantic", self._attempt_label(number))
        tokens = check_tokens(state.semantic, self.window.seconds, whole=self._is_exact)
        attempt = Attempt(self.number, number, seed, tokens)
        if (tokens.retake and not is_last) or not len(state.semantic):
            return attempt
        return (yield from self._with_sound(attempt, state))

    def _with_sound(
        self, attempt: Attempt, state: WindowState
    ) -> Generator[StageRequest, None, Attempt]:
        """The attempt, sung to the end of its tokens, and its sound checked."""
        state.semantic = state.semantic[: attempt.tokens.keep]
        yield StageRequest(state, "sound", self._attempt_label(attempt.number))
        audio = check_audio(state.samples, SAMPLE_RATE)
        if self.many:  # a single window is left as long as it was sung
            state.samples = state.samples[: round(audio.keep_seconds * SAMPLE_RATE)]
        return replace(attempt, audio=audio)

    def _attempt_label(self, number: int) -> str:
        return ", ".join(filter(None, [self.label, f"attempt {number + 1}" if number else ""]))

    def _state(self, history_prompt: HistoryPrompt | None, seed: int) -> WindowState:
        import torch

        settings = self.job.settings
        return WindowState(
            text_tokens=torch.tensor(self.tokenize(self.window.text), dtype=torch.long),
            history_prompt=history_prompt,
            text_temperature=float(settings["text_temperature"]),
            waveform_temperature=float(settings["waveform_temperature"]),
            min_eos_p=MIN_EOS_P_OF_MANY if self.many else MIN_EOS_P,
            generator=seeded_generator(seed),
            should_stop=None if self._is_exact else is_stuck,
        )

    @property
    def _is_exact(self) -> bool:
        """True if tokens stay as they were drawn: their faults are reported only."""
        return bool(self.job.settings["mode"] == "exact")


def _finish_take(
    job: Job, results: Sequence[WindowResult], tokenize: Tokenize, choice: Choice
) -> GeneratedAudio:
    joined = concatenate(
        [result.state.samples for result in results],
        [result.window.ends for result in results[:-1]],
        job.seconds,
    )
    warnings = list(_warnings(results, joined, tokenize))
    if job.settings["mode"] == "fast" and choice.exact:
        exact = "fast was asked: nothing near enough to float32 is faster on this machine"
        warnings.insert(0, exact)
    return GeneratedAudio(
        samples=joined.samples[:, None],  # (frames, 1)
        warnings=tuple(warnings),
        details=_details(results, joined, choice),
        dtype=", ".join(dict.fromkeys(precision.name for precision in choice.precisions.values())),
    )


def _warnings(
    results: Sequence[WindowResult], joined: Concatenated, tokenize: Tokenize
) -> Iterator[str]:
    for number, result in enumerate(results, 1):
        prefix = f"window {number}: " if len(results) > 1 else ""
        tokens = len(tokenize(result.window.text))
        if tokens > MAX_TEXT_TOKENS:
            cut = f"its text has {tokens} tokens, Bark reads {MAX_TEXT_TOKENS}; the rest was cut"
            yield prefix + cut
        yield from (prefix + flag for flag in result.attempt.flags)
    yield from joined.notes
    for number, seam in enumerate(joined.seams, 1):
        yield from (f"seam {number}: {warning}" for warning in seam.warnings)


def _details(
    results: Sequence[WindowResult], joined: Concatenated, choice: Choice
) -> dict[str, Any]:
    return {
        "mode": "exact" if choice.exact else "fast",
        "arithmetic": {stage: each.name for stage, each in choice.precisions.items()},
        "coarse_schedule": asdict(choice.schedule),
        "windows": [_window_details(result) for result in results],
        "retakes": sum(len(result.attempts) - 1 for result in results),
        **joined.as_json(),
    }


def _window_details(result: WindowResult) -> dict[str, Any]:
    state = result.state
    tokens = {"semantic": len(state.semantic), "coarse": int(state.coarse.size)}
    speed = {stage: round(count / state.seconds[stage], 1) for stage, count in tokens.items()}
    return {
        "text": result.window.text,
        "seconds": round(len(state.samples) / SAMPLE_RATE, 3),
        "semantic_tokens": len(state.semantic),
        "flags": list(result.attempt.flags),
        "kept_attempt": result.attempt.number,
        "attempts": [attempt.record() for attempt in result.attempts],
        "stage_seconds": {stage: round(s, 2) for stage, s in state.seconds.items()},
        "tokens_per_second": speed,
    }
