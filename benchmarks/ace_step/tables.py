"""The tables of ace_step/speed.py."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.ace_step.weights import decode_operations, step_operations
from benchmarks.floor import Floor
from benchmarks.harness import Runs, counted, median_of, memory_text, times

LATENTS = 25  # a second
STAGES = ("text", "denoise", "decode")

Sides = Mapping[str, Runs]


def report(
    results: Mapping[float, Sides],
    errors: Mapping[float, Mapping[str, float]],
    floor: Floor,
    steps: int,
    probe: Mapping[str, Mapping[str, float]],
) -> str:
    lines = [f"{floor.sentence()} Load average {_load(results):.1f}.\n"]
    for seconds, sides in results.items():
        runs = len(next(iter(sides.values())))
        lines.append(f"**turbo**, a take of {seconds:g} s, {steps} steps, {counted(runs)}:\n")
        lines += [*_takes(sides, errors[seconds]), "", *_steps(sides, seconds, floor), ""]
        lines += [*_starts(sides), ""]
    return "\n".join([*lines, *_precisions(probe)])


def _load(results: Mapping[float, Sides]) -> float:
    runs = [run for sides in results.values() for runs in sides.values() for run in runs]
    return median_of(runs, "load_average")


def _takes(sides: Sides, errors: Mapping[str, float]) -> Iterator[str]:
    first = next(iter(sides))
    yield f"| | precision | text | steps | decode | **s a take** | **ratio** | from {first} |"
    yield "|---|---|---|---|---|---|---|---|"
    base = _take(sides[first])
    for name, runs in sides.items():
        stages = " | ".join(f"{median_of(runs, 'stages', stage):.1f}" for stage in STAGES)
        error = f"{errors[name]:.0e}" if name in errors else ""
        yield (
            f"| {name} | {runs[0]['arithmetic']} | {stages} | **{_take(runs):.1f}** "
            f"| **{times(base, _take(runs))}** | {error} |"
        )


def _take(runs: Runs) -> float:
    return sum(median_of(runs, "stages", stage) for stage in STAGES)


def _steps(sides: Sides, seconds: float, floor: Floor) -> Iterator[str]:
    """What a step and a decode take, beside the least that their products take here."""
    yield "| | step | ratio | operations | least | times the least | decode: least | times |"
    yield "|---|---|---|---|---|---|---|---|"
    base = median_of(next(iter(sides.values())), "step_seconds")
    latents = -(-seconds * LATENTS // 1)
    for name, runs in sides.items():
        step, decode = median_of(runs, "step_seconds"), median_of(runs, "stages", "decode")
        operations = step_operations(int(latents), runs[0]["tokens"])
        least = operations / floor.a_second(runs[0]["arithmetic"])
        decode_least = decode_operations(int(latents)) / floor.a_second("float32")
        yield (
            f"| {name} | {step:.2f} s | {times(base, step)} | {operations / 1e12:.2f} T "
            f"| {least:.2f} s | {step / least:.1f} | {decode_least:.1f} s "
            f"| {decode / decode_least:.1f} |"
        )


def _starts(sides: Sides) -> Iterator[str]:
    yield "| | loaded | ratio | first sound | ratio | peak memory | share |"
    yield "|---|---|---|---|---|---|---|"
    first = next(iter(sides.values()))
    bases = [median_of(first, key) for key in ("load_seconds", "first_sound_seconds", "peak_bytes")]
    for name, runs in sides.items():
        load, sound = (median_of(runs, f"{key}_seconds") for key in ("load", "first_sound"))
        peak = median_of(runs, "peak_bytes")
        yield (
            f"| {name} | {load:.1f} s | {times(bases[0], load)} | {sound:.1f} s "
            f"| {times(bases[1], sound)} | {memory_text(runs)} | {peak / bases[2]:.2f} |"
        )


def _precisions(probe: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "The probe, a step of 14 s on these weights:\n"
    yield "| precision | step | error |"
    yield "|---|---|---|"
    for name, timing in probe.items():
        yield f"| {name} | {timing['step_seconds']:.2f} s | {timing['error']:.4f} |"
