"""Phase 4: analysis, that is the check of every file and the comparison with the baseline."""

from collections.abc import Iterator

from secondtake.runner.progress_pages import (
    best_takes,
    comparison_tables,
    markdown,
    phase1_baseline,
    remedies,
    results,
)
from secondtake.runner.progress_pages.sections import Status, head, overall
from secondtake.runner.progress_pages.survey import Standing, Survey

TITLE = "Analysis"


def write(survey: Survey) -> str:
    """The page."""
    takes = survey.takes
    verified = [s for s in takes if _verdict(survey, s)]
    measured = [(s, survey.comparison.take(s.job.segment, s.job.name)) for s in takes]
    compared = [standing for standing, one in measured if one and one.against]
    unmeasured = any(one is None for _, one in measured)
    return markdown.page(
        [
            *head(survey, 4, TITLE, _status(survey, takes, verified, compared), _summary(survey)),
            "## Verification: is every file what it should be?",
            *_verification(survey),
            "## Comparison: how close do the takes come?",
            *comparison_tables.blocks(survey),
            "## Next steps",
            _next(survey, len(verified) < len(takes), unmeasured),
        ]
    )


def _status(
    survey: Survey, takes: list[Standing], verified: list[Standing], compared: list[Standing]
) -> Status:
    if not takes:
        return Status("Pending", "no takes yet")
    references = [one for one in phase1_baseline.originals(survey) if one.state != "unnamed"]
    there = sum(one.state == "ready" for one in references)
    detail = (
        f"{markdown.many(len(takes), 'take')}: {len(verified)} verified, {len(compared)} compared; "
        f"{there} of {markdown.many(len(references), 'baseline')}"
    )
    failed = len(_failed(survey))
    detail += f"; {markdown.many(failed, 'file')} failed" if failed else ""
    ready, wanted = len(verified) + len(compared), 2 * len(takes)
    word = overall(ready, 0, wanted)
    return Status("Partial" if word == "Done" and there < len(references) else word, detail)


def _summary(survey: Survey) -> str:
    if not survey.takes:
        return "There is nothing to analyse yet: no take has been made."
    judged = [verdict for s in survey.takes if (verdict := _verdict(survey, s))]
    counts = [
        f"{results.MARKS[word]} {sum(one.verdict == word for one in judged)} {word}"
        for word in results.MARKS
    ]
    refs = [one for one in phase1_baseline.originals(survey) if one.state == "ready"]
    segments = markdown.many(len(survey.song.segments), "segment")
    beside = f"Baselines are there for {len(refs)} of {segments}"
    return markdown.bullets(
        [
            f"Files: {', '.join(counts)}" if judged else "Files: not verified yet",
            beside + ("" if refs else ": nothing here says how close a take comes to the original"),
        ]
    )


def _verdict(survey: Survey, standing: Standing) -> results.Verdict | None:
    take = standing.playable
    name = survey.wav_name(standing.job.name)
    return survey.verdicts.of(name, take.wav.sha256) if take else None


def _failed(survey: Survey) -> list[Standing]:
    """The takes whose files did not pass."""
    judged = [(standing, _verdict(survey, standing)) for standing in survey.takes]
    return [standing for standing, verdict in judged if verdict and verdict.verdict == "fail"]


def _verification(survey: Survey) -> Iterator[str]:
    found = survey.verdicts
    if found.state != "ready":
        yield remedies.not_there(survey, found.state, found.why, "verification.json", "verify")
        return
    groups = best_takes.choices(survey, survey.takes)
    rows = [row for group in groups for row in _rows(survey, group)]
    rows += [
        (markdown.code(name), "baseline", *_judged(one))
        for name, one in found.files.items()
        if one.kind == "baseline"
    ]
    yield markdown.table(("file", "what", "verdict", "seconds", "true peak", "findings"), rows)
    yield markdown.bullets(
        f"❌ {markdown.code(survey.wav_name(s.job.name))}: {markdown.words(survey.here(s.why))}"
        for s in survey.of("damaged")
    )
    yield markdown.bullets(
        f"No record beside {markdown.code(name)}: the rest of an interrupted run, or not ours"
        for name in found.leftovers
    )


def _rows(survey: Survey, group: best_takes.Choice) -> Iterator[tuple[str, ...]]:
    """The best take, how all of them lie, and each of the others that failed."""
    title = markdown.words(group.first.model.title)
    yield _verified(survey, group.first, group.label if group.several else title)
    if not group.several:
        return
    found = [one for s in group.standings if (one := _verdict(survey, s))]
    counts = [(word, sum(one.verdict == word for one in found)) for word in results.MARKS]
    yield (
        "",
        group.median_label,
        ", ".join(f"{results.MARKS[word]} {count} {word}" for word, count in counts if count),
        best_takes.spread(one.figures.get("decodes") for one in found),
        f"{peaks} dBTP" if (peaks := _peaks(found)) else "",
        "",
    )
    for standing in group.standings[1:]:
        if (verdict := _verdict(survey, standing)) and verdict.verdict == "fail":
            yield _verified(survey, standing, f"{title}, take {standing.job.take}")


def _peaks(found: list[results.Verdict]) -> str:
    return best_takes.spread((one.figures.get("true peak") for one in found), 1)


def _verified(survey: Survey, standing: Standing, title: str) -> tuple[str, ...]:
    link = survey.link(survey.wav(standing.job.name))
    found = _verdict(survey, standing)
    if found is None:
        return (link, title, "⏳ not verified yet", "", "", "")
    return (link, title, *_judged(found))


def _judged(found: results.Verdict) -> tuple[str, ...]:
    seconds, peak = found.figures.get("decodes"), found.figures.get("true peak")
    return (
        f"{results.MARKS[found.verdict]} {found.verdict}",
        "" if seconds is None else f"{seconds:.2f}",
        "" if peak is None else f"{peak:.1f} dBTP".replace("-", "−"),
        "; ".join(markdown.words(finding.sentence()) for finding in found.findings),
    )


def _next(survey: Survey, unverified: bool, uncompared: bool) -> str:
    absent = [
        str(o.segment.number) for o in phase1_baseline.originals(survey) if o.state != "ready"
    ]
    phase_1 = survey.link(survey.folder / "PHASE1_PROGRESS.md", "Phase 1: baseline")
    phase_5 = survey.link(survey.folder / "PHASE5_PROGRESS.md", "Phase 5: listening")
    plural = "s" if len(absent) > 1 else ""
    made = bool(survey.takes)
    return markdown.numbered(
        [
            "" if made else f"Make takes: {markdown.code(survey.command('generate-all'))}",
            f"Import the original of segment{plural} {', '.join(absent)}: {phase_1}"
            if absent
            else "",
            f"Verify: {markdown.code(survey.command('verify'))}" if made and unverified else "",
            f"Compare: {markdown.code(survey.command('analyse'))}" if made and uncompared else "",
            *(f"Make what failed again: {_again(survey, one)}" for one in _to_remake(survey)),
            f"Listen: {phase_5}" if made else "",
        ]
    )


def _to_remake(survey: Survey) -> Iterator[Standing]:
    """One take of every segment and model of which no take passes."""
    failed = _failed(survey)
    for one in best_takes.choices(survey, survey.takes):
        if all(standing in failed for standing in one.standings):
            yield max(one.standings, key=lambda standing: standing.job.take)


def _again(survey: Survey, standing: Standing) -> str:
    job = standing.job
    only = ("--models", job.model, "--segments", str(job.segment), "--force")
    takes = ("--takes", str(job.take)) if job.take > 1 else ()
    return markdown.code(survey.command("generate-all", *only, *takes))
