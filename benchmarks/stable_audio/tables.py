"""The figures of Stable Audio's benchmark as tables in Markdown."""

from collections.abc import Iterator, Mapping

from benchmarks.floor import Floor
from benchmarks.harness import Runs, counted, median_of, memory_text, times
from benchmarks.stable_audio.weights import step_operations

DEFAULT_STEPS = 100  # of open-1.0: what times are reckoned for as well
QUICK_GOAL = 15.0  # where processors multiply bfloat16: fast, whatever precision that is
GOALS = {"unmodified": 0.0, "exact": 1.0, "fitted, float32": 4.0}
Sides = Mapping[str, Runs]


def report(
    results: Sides, errors: Mapping[str, float], floor: Floor, steps: int, seconds: float
) -> str:
    """All tables of one benchmark. errors: of each side's sound against the one it is told by."""
    return "\n".join(_lines(results, errors, floor, steps, seconds))


def arithmetics(probe: Mapping[str, Mapping[str, float]], used: str) -> str:
    """The probe's measurements on these weights, and the precision that it chose."""
    lines = [
        "\n\nA step of 10 s by precision, and how far what it predicts is from float32, as "
        "the probe measured it on these random weights (*: what it chose):\n",
        "| precision | step | error |",
        "|---|---|---|",
    ]
    for name, measurement in probe.items():
        mark = "*" if name == used else ""
        lines.append(
            f"| {name}{mark} | {measurement['step_seconds']:.2f} s | {measurement['error']:.3f} |"
        )
    return "\n".join(lines)


def _lines(
    results: Sides, errors: Mapping[str, float], floor: Floor, steps: int, seconds: float
) -> Iterator[str]:
    count = min(len(runs) for runs in results.values())
    yield floor.sentence()
    yield (
        f"\n**open-1.0**, a take of {seconds:g} s in {steps} steps with guidance, "
        f"{counted(count)}, without loading. The last two columns are reckoned for "
        f"{DEFAULT_STEPS} steps: {DEFAULT_STEPS - steps} more of the steps that were measured.\n"
    )
    yield from _speed(results, errors, steps)
    yield "\nA step, and the least that its products take at the speeds above:\n"
    yield from _steps(results, floor)
    yield "\nFrom the start of the process, and its memory:\n"
    yield from _starts(results)
    yield from _goals(results, floor, steps)


def _speed(results: Sides, errors: Mapping[str, float], steps: int) -> Iterator[str]:
    yield (
        f"| | denoise | decode | **s a take** | **ratio** | sound "
        f"| s in {DEFAULT_STEPS} steps | ratio |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    base = _take(results["unmodified"], steps, steps) if "unmodified" in results else None
    long = _take(results["unmodified"], steps, DEFAULT_STEPS) if base else None
    for name, runs in results.items():
        denoise, decode = (median_of(runs, "stages", part) for part in ("denoise", "decode"))
        total, reckoned = (_take(runs, steps, many) for many in (steps, DEFAULT_STEPS))
        yield (
            f"| {name} | {denoise:.1f} | {decode:.1f} | **{total:.1f}** "
            f"| **{times(base, total)}** | {_sound(name, errors)} "
            f"| {reckoned:.0f} | {times(long, reckoned)} |"
        )


def _sound(name: str, errors: Mapping[str, float]) -> str:
    if name not in errors:
        return "another take" if name == "fitted, float32" else ""
    other = "unmodified" if name == "exact" else "float32"
    return f"{errors[name]:.0e} from {other}"


def _steps(results: Sides, floor: Floor) -> Iterator[str]:
    yield "| | precision | latents | step | operations | least | times the least |"
    yield "|---|---|---|---|---|---|---|"
    for name, runs in results.items():
        step, least = median_of(runs, "step_seconds"), _least(runs, floor)
        yield (
            f"| {name} | {runs[0]['arithmetic']} | {runs[0]['latents']} | {step:.2f} s "
            f"| {step_operations(runs[0]['latents']) / 1e12:.2f} T | {least:.2f} s "
            f"| {step / least:.2f} |"
        )


def _starts(results: Sides) -> Iterator[str]:
    yield "| | loaded | ratio | first sound | peak memory | share |"
    yield "|---|---|---|---|---|---|"
    theirs = results.get("unmodified")
    base = median_of(theirs, "load_seconds") if theirs else None
    for name, runs in results.items():
        load, peak = median_of(runs, "load_seconds"), median_of(runs, "peak_bytes")
        share = f"{peak / median_of(theirs, 'peak_bytes'):.2f}" if theirs else ""
        yield (
            f"| {name} | {load:.1f} s | {times(base, load)} "
            f"| {median_of(runs, 'first_sound_seconds'):.1f} s | {memory_text(runs)} | {share} |"
        )


def _goals(results: Sides, floor: Floor, steps: int) -> Iterator[str]:
    """The goals, the measurements, and the most that is possible on this processor."""
    theirs = results.get("unmodified")
    if not theirs:
        return
    long = _take(theirs, steps, DEFAULT_STEPS)
    yield f"\nWhat was hoped for, in {DEFAULT_STEPS} steps, and the most that is possible here:\n"
    yield "| | goal | measured | with steps at their least and no decoding |"
    yield "|---|---|---|---|"
    for name, runs in results.items():
        goal = GOALS.get(name, QUICK_GOAL)
        if goal:
            ratio = long / _take(runs, steps, DEFAULT_STEPS)
            most = long / (_least(runs, floor) * DEFAULT_STEPS)
            yield f"| {name} | {goal:g}x | {ratio:.1f}x | {most:.1f}x |"
    load, peak = (median_of(theirs, fact) for fact in ("load_seconds", "peak_bytes"))
    for name, runs in results.items():
        if name != "unmodified":
            loaded = load / median_of(runs, "load_seconds")
            share = median_of(runs, "peak_bytes") / peak
            yield f"| {name}: loading | 4x | {loaded:.1f}x | |"
            yield f"| {name}: peak memory | 0.65 | {share:.2f} | |"


def _take(runs: Runs, steps: int, wanted: int) -> float:
    """Seconds of a take in `wanted` steps, by one in `steps`."""
    took = median_of(runs, "stages", "denoise") + median_of(runs, "stages", "decode")
    return took + (wanted - steps) * median_of(runs, "step_seconds")


def _least(runs: Runs, floor: Floor) -> float:
    return step_operations(runs[0]["latents"]) / floor.a_second(runs[0]["arithmetic"])
