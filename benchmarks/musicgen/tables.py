"""The figures of MusicGen's benchmark as tables in Markdown."""

from collections.abc import Iterator, Mapping

from benchmarks.floor import Floor
from benchmarks.harness import Runs, counted, median_of, memory_text, times
from benchmarks.musicgen.weights import FRAME_RATE, step_bytes

GOALS = {"exact": 1.0, "fast": 2.0}  # and for each take of a batch:
BATCH_GOAL = 4.0
Sides = Mapping[str, Runs]


def report(results: Sides, takes: Mapping[str, int], floor: Floor, seconds: float) -> str:
    """All tables of one benchmark. takes: of each side's batch."""
    return "\n".join(_lines(results, takes, floor, seconds))


def _lines(results: Sides, takes: Mapping[str, int], floor: Floor, seconds: float) -> Iterator[str]:
    count = min(len(runs) for runs in results.values())
    yield floor.sentence()
    yield f"\n**small**, a take of {seconds:g} s, {counted(count)}, without loading:\n"
    yield from _speed(results, takes)
    yield "\nA step makes a frame, 20 ms of every take; the least is what memory has to be read:\n"
    yield from _steps(results, takes, floor, seconds)
    yield "\nFrom the start of the process, and its memory:\n"
    yield "| | loaded | first sound | peak memory |"
    yield "|---|---|---|---|"
    for name, runs in results.items():
        load, first = (median_of(runs, f) for f in ("load_seconds", "first_sound_seconds"))
        yield f"| {name} | {load:.1f} s | {first:.1f} s | {memory_text(runs)} |"


def _speed(results: Sides, takes: Mapping[str, int]) -> Iterator[str]:
    yield (
        "| | tokens | sound | **s a take** | **ratio** | goal | *fast* is "
        "| the first take's tokens |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    theirs, fast = results.get("unmodified"), results.get("fast")
    base = _take(theirs, 1) if theirs else None
    for name, runs in results.items():
        tokens, sound = (median_of(runs, "stages", s) / takes[name] for s in ("tokens", "sound"))
        total = _take(runs, takes[name])
        goal = BATCH_GOAL if takes[name] > 1 else GOALS.get(name)
        is_alone = takes[name] == 1 and runs is not fast
        faster = times(total, _take(fast, 1)) if fast and is_alone else ""
        yield (
            f"| {name} | {tokens:.1f} | {sound:.1f} | **{total:.1f}** | **{times(base, total)}** "
            f"| {f'{goal:g}x' if goal else ''} | {faster} | {_same(runs, theirs)} |"
        )


def _same(runs: Runs, theirs: Runs | None) -> str:
    """A comparison of the first take's tokens with the other side's, run by run."""
    if theirs is None or runs is theirs:
        return ""
    pairs = list(zip(runs, theirs, strict=False))
    same = sum(run["sha256"] == their_run["sha256"] for run, their_run in pairs)
    return "the same" if same == len(pairs) else f"the same in {same} of {len(pairs)}"


def _steps(results: Sides, takes: Mapping[str, int], floor: Floor, seconds: float) -> Iterator[str]:
    yield "| | precision | frames a second, all takes | step | least | times the least |"
    yield "|---|---|---|---|---|---|"
    for name, runs in results.items():
        step, precision = median_of(runs, "step_seconds"), runs[0]["arithmetic"]
        attended = round(seconds * FRAME_RATE / 2)
        least = step_bytes(precision, takes[name], attended) / floor.read_gb_s / 1e9
        yield (
            f"| {name} | {precision} | {takes[name] / step:.0f} | {step * 1e3:.1f} ms "
            f"| {least * 1e3:.1f} ms | {step / least:.2f} |"
        )


def _take(runs: Runs, takes: int) -> float:
    return (median_of(runs, "stages", "tokens") + median_of(runs, "stages", "sound")) / takes
