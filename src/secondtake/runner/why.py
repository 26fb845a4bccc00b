"""`invoke why TAKE`: everything that led to a take, in words, from its record and what was judged.

It reads, and writes nothing. For a job that has no take, its outcome says why.
"""

from dataclasses import asdict
from functools import partial

from secondtake.core.errors import Exit, UserError
from secondtake.core.formatting import plural
from secondtake.core.outcomes import FINISHED, Outcome, read_outcomes
from secondtake.core.streams import print_json
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import NAME, Take
from secondtake.runner.settings import open_project
from secondtake.runner.take_lookup import FoundTake, find_take
from secondtake.runner.take_standing import Standing
from secondtake.runner.take_story import Section, sections_of


def why(song_file: str, typed: str, *, as_json: bool) -> int:
    """Tell everything that led to a take, or why a job has none; exit code 0.

    UserError if neither a take nor a job of the song has this name.
    """
    project, _ = open_project()
    outcomes: dict[str, Outcome] = {}
    found = find_take(project, song_file, typed, partial(_read_outcomes, outcomes))
    take, outcome = found.take, outcomes.get(found.name)
    if take is None and (outcome is None or outcome.status in FINISHED):
        raise UserError(found.fault)
    sections = [*sections_of(found, take), *Standing(found, take).sections] if take else []
    # A take that is there was made, though a killed run may not have come to writing that down.
    is_made = take is not None and outcome is not None and outcome.status == "waiting"
    if outcome and outcome.status not in FINISHED and not is_made:
        sections.append(_section_of(found, outcome))
    file = project.relative(found.wav) if take else ""
    if as_json:
        sections_json = [asdict(section) for section in sections]
        value = {"take": found.name, "file": file, "sections": sections_json}
        print_json({**value, "record": take.to_json() if take else None})
    else:
        print("\n\n".join([_head(found, take), *map(_text, sections)]))
    return Exit.DONE


def _read_outcomes(outcomes: dict[str, Outcome], store: TakeStore) -> list[str]:
    """The jobs whose outcomes say why they have no take; all outcomes, put into `outcomes`.

    A damaged file hides its own only.
    """
    outcomes.update(read_outcomes(store.results, []))
    return [name for name, outcome in outcomes.items() if outcome.status not in FINISHED]


def _head(found: FoundTake, take: Take | None) -> str:
    if take is None:
        return f"{found.name}: there is no such take"
    wav = take.wav
    channels = {1: "mono", 2: "stereo"}.get(wav.channels, plural(wav.channels, "channel"))
    file = found.project.relative(found.wav)
    return f"{found.name}: {file}\n  {wav.seconds:.2f} s, {wav.sample_rate} Hz, {channels}"


def _section_of(found: FoundTake, outcome: Outcome) -> Section:
    """Why a job has no take, or none of what was asked for last."""
    lines = [f"{outcome.status}" + (f": {outcome.message}" if outcome.message else "")]
    lines += [f"→ {outcome.hint}"] if outcome.hint else []
    lines += [f"log: {outcome.log}"] if outcome.log else []
    if match := NAME.fullmatch(found.name):
        words = ["generate", "--models", match["model"], "--segments", match["segment"]]
        words += ["--takes", match["take"]] if match["take"] else []
        lines.append(f"to try it again: {found.command(*words)}")
    return Section("The last run of its job", tuple(lines))


def _text(section: Section) -> str:
    return "\n".join([section.title, *(f"  {line}" for line in section.lines)])
