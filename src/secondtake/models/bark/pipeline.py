"""A take from its lyrics: window by window in one voice, each sung again if it went wrong.

A performance does no work itself. It asks for the passages it needs and looks at what came of
them, so that many takes can have their passages made together (bark.decoding.choir).

Going on in the same voice: what a window hears before it begins to sing.

Going on from the last window alone sounds natural, and every copy of a copy gathers noise until
the voice is another one. Going on from the first voice alone is stable, and every line starts as
if nothing had been sung before. So a window hears both: the anchor voice, then the end of the
last window. After a window that went wrong it hears the anchor alone.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from secondtake.core.errors import ModelError
from secondtake.core.generate import Sound
from secondtake.core.jobs import Job
from secondtake.models.bark.audio_faults import listen
from secondtake.models.bark.autotune import Choice
from secondtake.models.bark.coarse import SEMANTIC_BEFORE
from secondtake.models.bark.concatenate import SAMPLE_RATE, Joined, join
from secondtake.models.bark.lyrics import TEXT_TOKENS, Window, check_fits, split_lyrics
from secondtake.models.bark.retries import Attempt, attempt_seed, best, sing_again
from secondtake.models.bark.token_faults import Watch, judge
from secondtake.models.bark.tokenizer import Spell
from secondtake.models.bark.window import History, Passage
from secondtake.models.inference.sampling import generator

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


# How sure of its end Bark must be to stop. Windows that follow one another stop sooner, because
# what Bark adds after the last word ("ahem", humming) is heard in the middle of the song.
END_CERTAINTY, END_CERTAINTY_OF_MANY = 0.2, 0.05


@dataclass(frozen=True)
class Wanted:
    """What a performance waits for: a passage with its semantic tokens, or with its sound."""

    passage: Passage
    stage: Literal["semantic", "sound"]
    label: str  # which window: "window 2 of 4", or "" for the only one


Performance = Generator[Wanted, None, Sound]


@dataclass
class Sung:
    """The attempt at a window that was kept, and its passage."""

    window: Window
    attempt: Attempt
    passage: Passage
    tried: Sequence[Attempt] = field(default_factory=tuple)


def perform(job: Job, voice: History | None, spell: Spell, choice: Choice) -> Performance:
    """The job's take, as a generator that is gone on with when what it yielded is filled in.

    ModelError unsupported if the lyrics do not fit the seconds asked, or nothing was sung.
    """
    windows = split_lyrics(job.prompt, count_tokens=lambda text: len(spell(text)))
    if not windows:
        raise ModelError("unsupported", f"{job.name}: no lyrics", "give the segment lyrics")
    check_fits(job.prompt, job.seconds)
    anchor, last = voice, None
    sung: list[Sung] = []
    for number, window in enumerate(windows):
        label = f"window {number + 1} of {len(windows)}" if len(windows) > 1 else ""
        singer = _Singer(job, window, number, label, spell, many=len(windows) > 1)
        sung.append((yield from singer.sing(go_on_from(anchor, last))))
        kept, made = sung[-1].attempt, sung[-1].passage.made
        if anchor is None and can_anchor(made):
            anchor = made
        last = None if kept.retake else made
    return _sound(job, sung, spell, choice)


@dataclass
class _Singer:
    """One window, until an attempt is good or no more are left."""

    job: Job
    window: Window
    number: int
    label: str
    spell: Spell
    many: bool

    def sing(self, history: History | None) -> Generator[Wanted, None, Sung]:
        tried: list[tuple[Attempt, Passage]] = []
        retakes = int(self.job.settings["retakes"])
        while sing_again([attempt for attempt, _ in tried], retakes):
            seed = attempt_seed(self.job.seed, self.number, len(tried))
            tried.append((yield from self._attempt(history, seed, len(tried), retakes)))
        attempts = [attempt for attempt, _ in tried]
        kept = best(attempts)
        passage = next(passage for attempt, passage in tried if attempt is kept)
        if not len(passage.semantic):
            raise ModelError(
                "unsupported",
                f"Bark ended before its first sound: {self.window.text!r}",
                "try another seed, other words, or a higher text_temperature",
            )
        return Sung(self.window, kept, passage, attempts)

    def _attempt(
        self, history: History | None, seed: int, number: int, retakes: int
    ) -> Generator[Wanted, None, tuple[Attempt, Passage]]:
        passage = self._passage(history, seed)
        label = ", ".join(filter(None, [self.label, f"attempt {number + 1}" if number else ""]))
        yield Wanted(passage, "semantic", label)
        verdict = judge(passage.semantic, self.window.seconds, whole=self._exact)
        hopeless = verdict.retake and number < retakes
        if hopeless or not len(passage.semantic):
            return Attempt(self.number, number, seed, verdict), passage
        passage.semantic = passage.semantic[: verdict.keep]
        yield Wanted(passage, "sound", label)
        heard = listen(passage.samples, SAMPLE_RATE)
        if self.many:  # a single window is left as long as it was sung
            passage.samples = passage.samples[: round(heard.keep_seconds * SAMPLE_RATE)]
        return Attempt(self.number, number, seed, verdict, heard), passage

    def _passage(self, history: History | None, seed: int) -> Passage:
        import torch

        settings = self.job.settings
        return Passage(
            text_tokens=torch.tensor(self.spell(self.window.text), dtype=torch.long),
            history=history,
            text_temperature=float(settings["text_temperature"]),
            waveform_temperature=float(settings["waveform_temperature"]),
            end_certainty=END_CERTAINTY_OF_MANY if self.many else END_CERTAINTY,
            generator=generator(seed),
            stop=None if self._exact else Watch().stop,
        )

    @property
    def _exact(self) -> bool:
        """Whether tokens stay as they were drawn: told what is wrong with them, and kept."""
        return bool(self.job.settings["mode"] == "exact")


def _sound(job: Job, sung: Sequence[Sung], spell: Spell, choice: Choice) -> Sound:
    joined = join(
        [one.passage.samples for one in sung], [one.window.ends for one in sung[:-1]], job.seconds
    )
    return Sound(
        samples=joined.samples[:, None],  # (frames, 1)
        warnings=(*job.remarks, *_about_mode(job, choice), *_warnings(sung, joined, spell)),
        details=_details(job, sung, joined, choice),
        dtype=", ".join(dict.fromkeys(arithmetic.name for arithmetic in choice.values())),
    )


def _about_mode(job: Job, choice: Choice) -> Iterator[str]:
    if job.settings["mode"] == "fast" and all(one.exact for one in choice.values()):
        yield "fast was asked: nothing near enough to float32 is faster on this machine"


def _warnings(sung: Sequence[Sung], joined: Joined, spell: Spell) -> Iterator[str]:
    for number, one in enumerate(sung, 1):
        where = f"window {number}: " if len(sung) > 1 else ""
        tokens = len(spell(one.window.text))
        if tokens > TEXT_TOKENS:
            cut = f"its text has {tokens} tokens, Bark reads {TEXT_TOKENS}; the rest was cut"
            yield where + cut
        yield from (where + flag for flag in one.attempt.flags)
    yield from joined.notes
    for number, seam in enumerate(joined.seams, 1):
        yield from (f"seam {number}: {warning}" for warning in seam.warnings)


def _details(job: Job, sung: Sequence[Sung], joined: Joined, choice: Choice) -> dict[str, Any]:
    return {
        "mode": "exact" if all(one.exact for one in choice.values()) else "fast",
        "arithmetic": {stage: one.name for stage, one in choice.items()},
        "windows": [_window_details(one) for one in sung],
        "retakes": sum(len(one.tried) - 1 for one in sung),
        **joined.as_json(),
    }


def _window_details(one: Sung) -> dict[str, Any]:
    passage = one.passage
    tokens = {"semantic": len(passage.semantic), "coarse": int(passage.coarse.size)}
    return {
        "text": one.window.text,
        "seconds": round(len(passage.samples) / SAMPLE_RATE, 3),
        "semantic_tokens": len(passage.semantic),
        "flags": list(one.attempt.flags),
        "kept_attempt": one.attempt.number,
        "attempts": [attempt.record() for attempt in one.tried],
        "stage_seconds": {stage: round(s, 2) for stage, s in passage.seconds.items()},
        "tokens_per_second": {
            stage: round(count / passage.seconds[stage], 1) for stage, count in tokens.items()
        },
    }
