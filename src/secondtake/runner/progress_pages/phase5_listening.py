"""Phase 5: listening, segment by segment: the original and every take, in order, to play."""

from collections.abc import Iterator
from pathlib import Path

from secondtake.core.song import Segment
from secondtake.runner.progress_pages import best_takes, markdown, phase1_baseline, sections
from secondtake.runner.progress_pages.phase1_baseline import read_header
from secondtake.runner.progress_pages.sections import Status, head
from secondtake.runner.progress_pages.survey import MARKS, Standing, State, Survey

TITLE = "Listening"
HOW = (
    "Within a segment, play the rows from top to bottom: first the original, where it is there, "
    "then the floor, then the models. Louder tends to sound better: where the loudness differs, "
    "turn the player up or down by the difference first. No record says whether anyone listened, "
    "so this page does not either."
)

MISSING: dict[State, str] = {
    "damaged": "is damaged",
    "failed": "failed",
    "blocked": "is blocked",
    "skipped": "was skipped",
    "pending": "is pending",
}


def write(survey: Survey) -> str:
    """The page."""
    return markdown.page(
        [
            *head(survey, 5, TITLE, _status(survey), _summary(survey)),
            "## How to listen",
            HOW,
            *(block for segment in survey.song.segments for block in _segment(survey, segment)),
            *sections.section(s.playable for s in survey.takes if s.playable),
            "## Next steps",
            _next(survey),
        ]
    )


def _status(survey: Survey) -> Status:
    """Whether the page is complete; it cannot know more."""
    wanted = [s for s in survey.standings if s.state != "skipped"]
    originals = [one for one in phase1_baseline.originals(survey) if one.state != "unnamed"]
    there = [one for one in originals if one.state == "ready"]
    detail = (
        f"{len(survey.takes)} of {markdown.many(len(wanted), 'take')} and {len(there)} of "
        f"{markdown.many(len(originals), 'original')} can be played"
    )
    if not survey.takes:
        return Status("Blocked" if survey.of("blocked", "failed") else "Pending", detail)
    whole = len(survey.of("done")) == len(wanted) and len(there) == len(originals)
    return Status("Done" if whole else "Partial", detail)


def _summary(survey: Survey) -> str:
    if not survey.takes:
        return "There is nothing to listen to yet: no take has been made."
    return "Everything that can be played, side by side. Each name below is a link to its file."


def _segment(survey: Survey, segment: Segment) -> Iterator[str]:
    standings = [s for s in survey.standings if s.job.segment == segment.number]
    # The floor before the models that must beat it.
    standings.sort(key=lambda s: not s.model.floor)
    groups = best_takes.choices(survey, standings)
    yield f"## Segment {segment.number}: {segment.kind}, “{markdown.words(segment.title)}”"
    asked = [f"{segment.seconds:g} s at {segment.bpm:g} BPM in {markdown.words(segment.key)}"]
    asked += [f"Style: {markdown.words(segment.style)}"] if segment.style else []
    asked += [f"Lyrics: {markdown.verses(segment.lyrics)}"] if segment.lyrics else []
    yield markdown.bullets(asked)
    yield markdown.table(
        ("play", "what", "seconds", "sample rate", "channels", "LUFS", "verdict"),
        [_original(survey, segment), *(row for one in groups for row in _rows(survey, one))],
    )
    yield markdown.bullets(best_takes.explained(survey, one) for one in groups)
    yield markdown.bullets(best_takes.rest(survey, one) for one in groups)
    yield _missing(survey, [s for s in standings if not s.playable])


def _original(survey: Survey, segment: Segment) -> tuple[str, ...]:
    reference = segment.baseline
    if reference is None:
        return ("none named by the song", "original", "", "", "", "", "")
    state = phase1_baseline.state(survey, reference)
    if state == "unreadable":
        return (phase1_baseline.STATES[state], "original", "", "", "", "", "")
    if state == "absent":
        command = survey.command("import-baseline", "FILE", "--segment", str(segment.number))
        missing = f"⏳ absent; {markdown.code(command)}"
        if phase1_baseline.stretch(reference):
            missing = f"⏳ absent; put it at {_path(survey, reference.file)}"
        return (missing, "original", "", "", "", "", "")
    header = read_header(reference.file)
    part = survey.comparison.parts.get(segment.number)
    stretch = phase1_baseline.stretch(reference)
    return (
        survey.link(reference.file) + (f", {stretch}" if stretch else ""),
        "original",
        f"{header.seconds:.2f}" if header else "",
        f"{header.sample_rate} Hz" if header else "",
        markdown.channels(header.channels) if header else "",
        markdown.figure(part.baseline_measured.get("lufs"), 1) if part else "",
        phase1_baseline.verdict(survey, reference),
    )


def _path(survey: Survey, file: Path) -> str:
    return markdown.code(survey.project.relative(file))


def _rows(survey: Survey, group: best_takes.Choice) -> Iterator[tuple[str, ...]]:
    """The best take, the next in the order of the ranking, and how all of them lie."""
    yield _take(survey, group.first, group.label)
    title = markdown.words(group.first.model.title)
    for standing in group.standings[1 : best_takes.MOST_ROWS]:
        yield _take(survey, standing, f"{title}, take {standing.job.take}")
    if group.several:
        takes = [s.playable for s in group.standings if s.playable]
        ones = [survey.comparison.take(take.job.segment, take.job.name) for take in takes]
        yield (
            "",
            group.median_label,
            best_takes.spread(take.wav.seconds for take in takes),
            "",
            "",
            best_takes.spread((one.measured.get("lufs") for one in ones if one), 1),
            "",
        )


def _take(survey: Survey, standing: Standing, label: str) -> tuple[str, ...]:
    take = standing.playable
    assert take is not None  # the caller chose these
    one = survey.comparison.take(take.job.segment, take.job.name)
    dated = " (out of date)" if standing.state == "outdated" else ""
    return (
        survey.link(survey.wav(take.job.name)),
        f"{label}{dated}",
        f"{take.wav.seconds:.2f}",
        f"{take.wav.sample_rate} Hz",
        markdown.channels(take.wav.channels),
        markdown.figure(one.measured.get("lufs"), 1) if one else "",
        sections.verdict(survey, take),
    )


def _missing(survey: Survey, standings: list[Standing]) -> str:
    """What cannot be played and why; the same reason once."""
    return markdown.bullets(
        dict.fromkeys(
            f"{MARKS[s.state]} {markdown.words(s.model.title)} {MISSING[s.state]}: "
            f"{markdown.words(survey.here(s.why))}"
            for s in standings
        )
    )


def _next(survey: Survey) -> str:
    waiting = [s for s in survey.standings if s.state not in ("done", "skipped")]
    phase_1 = survey.link(survey.folder / "PHASE1_PROGRESS.md", "Phase 1: baseline")
    phase_3 = survey.link(survey.folder / "PHASE3_PROGRESS.md", "Phase 3: generation")
    another = markdown.code(survey.command("generate-all", "--takes", "3"))
    several = any(one.several for one in best_takes.choices(survey, survey.takes))
    absent = any(one.state != "ready" for one in phase1_baseline.originals(survey))
    return markdown.numbered(
        [
            f"See what stands in the way of the missing takes: {phase_3}" if waiting else "",
            f"Import the missing originals: {phase_1}" if absent else "",
            "" if several else f"To choose among several takes: {another}",
        ]
    )
