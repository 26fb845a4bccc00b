"""Which arithmetic MusicGen uses on this machine: the fastest one that is near enough to float32.

Some ten seconds, once for each checkpoint (secondtake.models.inference.autotune).

What each arithmetic costs and gives on this machine, measured on the checkpoint itself.

float32 plays a second of music to a fixed prompt; each candidate reads the same tokens. What
counts is the distribution that they are drawn from, guidance included, which triples an error:
its divergence from float32's is the error, in nats for each token.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from secondtake.core.generate import Progress
from secondtake.models.inference.autotune import fastest, measured_once
from secondtake.models.inference.quantization import ARITHMETICS, FLOAT32, Arithmetic, candidates
from secondtake.models.musicgen.conditioning import Conditions, Passage
from secondtake.models.musicgen.decoder import MusicDecoder
from secondtake.models.musicgen.generation import begun, guided, sheet_of, write_tokens
from secondtake.models.musicgen.model import Instruments, read_decoder

PROMPT = "a calm piece for piano and strings"
FRAMES = 32  # that are compared, of four tokens each
TIMED = 8  # of these, the last; the first ones lay out the weights
FAR = 250  # positions that are looked back on in the batch that is timed: 5 s
TOGETHER = 8  # takes in that batch
GUIDANCE, TOP_K, TEMPERATURE = 3.0, 250, 1.0  # MusicGen's usual ones
SEED = 32


@dataclass(frozen=True)
class Measured:
    """One arithmetic."""

    step_seconds: float  # one frame of one take
    batch_seconds: float  # one frame of TOGETHER takes
    divergence: float = 0.0  # from float32, nats for each token (Kullback-Leibler)
    same_choice: float = 1.0  # share of tokens of which float32 holds the same most likely
    logit_error: float = 0.0  # root mean square, as a share of the logits' standard deviation

    @property
    def take_seconds(self) -> float:
        """What a frame of a take costs: the mean of one alone and one among TOGETHER."""
        return (self.step_seconds + self.batch_seconds / TOGETHER) / 2


@dataclass(frozen=True)
class Played:
    """What float32 played, which the others are compared with."""

    tokens: Any  # (books, FRAMES)
    logits: Any  # (steps, books, choices), guided


def measure(
    decoder: MusicDecoder, conditions: Conditions, pad: int, exact: Played | None = None
) -> tuple[Measured, Played]:
    """One arithmetic, and what it played or read; `exact` is float32's."""
    import torch

    with torch.inference_mode():
        tokens = _played(decoder, conditions, pad) if exact is None else exact.tokens
        seconds, logits = _read(decoder, conditions, pad, tokens)
        times = (seconds, _together(decoder, conditions, pad))
    if exact is None:
        return Measured(*times), Played(tokens, logits)
    return Measured(*times, *_compare(logits, exact.logits)), Played(tokens, logits)


def _passage(conditions: Conditions, frames: int) -> Passage:
    import torch

    chance = torch.Generator().manual_seed(SEED)
    given = torch.zeros((0, 0), dtype=torch.long)
    return Passage(conditions, given, frames, GUIDANCE, TEMPERATURE, TOP_K, chance)


def _played(decoder: MusicDecoder, conditions: Conditions, pad: int) -> Any:
    passage = _passage(conditions, FRAMES)
    write_tokens(decoder, [passage], pad, lambda phase, done, total: None)
    return passage.tokens


def _read(
    decoder: MusicDecoder, conditions: Conditions, pad: int, tokens: Any
) -> tuple[float, Any]:
    """Seconds of a step, and what would be drawn from at each: (steps, books, choices)."""
    import torch

    sheet = sheet_of(_passage(conditions, FRAMES), decoder, pad)
    for step in range(sheet.steps):
        leaning = [tokens[n, max(0, min(step - n, FRAMES - 1))] for n in range(sheet.books)]
        sheet.write(step, torch.stack(leaning))
    cache = begun(decoder, [sheet], 2, sheet.steps)
    logits, steps = [], []
    for step in range(sheet.steps):
        columns = sheet.columns[:, step].expand(2, -1).to(decoder.parts.device)
        took, found = _timed(lambda columns=columns: decoder.go_on(columns, cache, range(2)))  # type: ignore[misc]
        logits.append(guided(found.view(1, 2, sheet.books, -1), [sheet]))
        steps.append(took)
    return median(steps[-TIMED:]), torch.cat(logits)


def _together(decoder: MusicDecoder, conditions: Conditions, pad: int) -> float:
    """Seconds of a step of TOGETHER takes, each looking back on FAR positions."""
    sheets = [sheet_of(_passage(conditions, FRAMES), decoder, pad) for _ in range(TOGETHER)]
    cache = begun(decoder, sheets, 2, FAR + TIMED)
    cache.kv.zero_()
    rows = range(2 * TOGETHER)
    cache.lengths = [max(FAR, length) for length in cache.lengths]
    columns = sheets[0].columns[:, 0].expand(len(rows), -1).to(decoder.parts.device)
    times = [_timed(lambda: decoder.go_on(columns, cache, rows))[0] for _ in range(TIMED)]
    return median(times[2:])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    import torch

    start = time.perf_counter()
    result = work()
    if result.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start, result


def _compare(found: Any, true: Any) -> tuple[float, float, float]:
    """Divergence, share of equal choices, logit error."""
    difference = (found - true).square().mean().sqrt() / true.std()
    expected = (true / TEMPERATURE).log_softmax(-1)
    gap = (expected - (found / TEMPERATURE).log_softmax(-1)) * expected.exp()
    same = (found.argmax(-1) == true.argmax(-1)).float().mean()
    return gap.sum(-1).mean().item(), same.item(), difference.item()


FORMAT = 2  # raised when something else is measured, or chosen in another way
# Nats for each token, as for Bark: a tenth of what another temperature that people use (1.3
# instead of 1) changes where some tokens are likely and most are not.
MOST_DIVERGENCE = 0.02


@dataclass(frozen=True)
class Probe:
    """What was measured, by arithmetic."""

    measured: Mapping[str, Measured]

    @property
    def choice(self) -> Arithmetic:
        """The fastest of what is near enough; float32 if nothing is."""
        seconds = {name: one.take_seconds for name, one in self.measured.items()}
        errors = {name: one.divergence for name, one in self.measured.items()}
        return ARITHMETICS[fastest(seconds, errors, MOST_DIVERGENCE, FLOAT32.name)]


def probe(instruments: Instruments, progress: Progress) -> Probe:
    """What was measured for this checkpoint on this machine; measured now if it was not yet."""
    checkpoint, device = instruments.checkpoint, instruments.device
    facts = {"format": FORMAT, "weights": checkpoint.sha256}

    def measure_now() -> dict[str, Any]:
        return {name: asdict(one) for name, one in _probe(instruments, progress).items()}

    def read(found: Mapping[str, Any]) -> Probe:
        return Probe({name: Measured(**one) for name, one in found.items()})

    return measured_once(checkpoint.cache, "musicgen", facts, device, measure_now, read)


def _probe(instruments: Instruments, progress: Progress) -> dict[str, Measured]:
    conditions = instruments.conditions(PROMPT)
    device = instruments.device
    each = (FLOAT32, *candidates(device))  # float32 first: the others are compared with it
    found: dict[str, Measured] = {}
    exact: Played | None = None
    for done, arithmetic in enumerate(each):
        progress("measuring arithmetics", done, len(each))
        decoder = MusicDecoder(read_decoder(instruments.checkpoint, arithmetic, device))
        found[arithmetic.name], played = measure(decoder, conditions, instruments.pad, exact)
        exact = exact or played
    return found
