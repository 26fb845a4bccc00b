from dataclasses import replace

import pytest
from tests.core.test_votes_file import PAGE, VOTES
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import BLOCK, Scratch, compared

from secondtake.core import listening_file, votes_file
from secondtake.core.files import write_json
from secondtake.core.outcomes import Outcome
from secondtake.core.votes_file import VotedSystem, VotesFile


def rows(page: str, segment: int) -> list[list[str]]:
    """The cells of a segment's rows: the first one names the segment."""
    table = page.partition("| segment | play |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    starts = [place for place, row in enumerate(cells) if row[0]]
    (start,) = [place for place in starts if cells[place][0].startswith(f"{segment} ")]
    return cells[start : next((place for place in starts if place > start), None)]


def test_the_baseline_then_the_control_then_the_models(scratch: Scratch) -> None:
    scratch.baseline(10)
    for job in scratch.jobs():
        scratch.make(job)
    lines = rows(scratch.page(5), 10)
    assert [cells[1] for cells in lines] == [
        "[baseline](../data/baseline/suno_segment10_chorus.wav)",
        "[Sketch (rule-based control)](local_models/sketch_segment10_chorus.wav)",
        "[Bark](local_models/bark_segment10_chorus.wav)",
    ]
    assert lines[2][2:] == ["1.50", "–", "⏳"]
    scratch.verify("warn")
    assert rows(scratch.page(5), 10)[2][4] == "⚠️"


def test_the_listening_page_comes_first_and_what_fills_it(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    summary = scratch.page(5).partition("## Summary")[2].strip()
    assert summary.startswith("**[The listening page](listen.html)** plays all of it")
    assert "no sound yet; type `invoke page --song songs/study.toml`" in summary
    assert "1. Fill the listening page: `invoke page --song songs/study.toml`" in scratch.page(5)
    clips = listening_file.as_json(scratch.song.name, PAGE)
    write_json(listening_file.listening_path(scratch.results), clips)
    assert "no sound yet" not in scratch.page(5) and "Fill the" not in scratch.page(5)


def test_an_absent_baseline_says_what_to_type(scratch: Scratch) -> None:
    (baseline,) = rows(scratch.page(5), 7)
    assert "`invoke import-baseline FILE --segment 7 --song songs/study.toml`" in baseline[1]


def test_what_cannot_be_played_says_why(scratch: Scratch) -> None:
    scratch.note("stable_audio", BLOCK)
    scratch.note("bark", Outcome("failed", "bug", "it broke", ""))
    page = scratch.page(5)
    assert f"⚠️ Stable Audio is blocked: {BLOCK.message}" in page
    assert "❌ Bark is failed: it broke" not in page  # a word for each state that reads well
    assert "❌ Bark failed: it broke" in page


def test_loudness_stands_beside_where_it_was_measured(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    assert rows(scratch.page(5), 10)[1][3] == "–"
    ready = {"state": "ready", "why": "", "measured": {"lufs": -9.0}}
    take = compared(job, "baseline", [])
    scratch.compare([{"number": 10, "baseline": ready, "takes": [take], "skipped": []}])
    assert rows(scratch.page(5), 10)[1][3] == "−13.4"


def test_no_page_claims_that_anyone_listened(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    assert "No record says whether anyone listened" in scratch.page(5)
    assert "Nobody's votes have been merged yet" in scratch.page(5)
    assert "listened to" not in scratch.page(5)


def test_earlier_takes_are_played_apart_from_the_current(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    old = scratch.earlier(replace(job, seed=3), 1.0)
    kept = scratch.earlier(replace(job, seed=4), 1.1)
    scratch.make(job)
    scratch.keep(kept)
    current, earlier = scratch.page(5).split("## Earlier takes")
    assert f"local_models/{kept.name}.wav" in current and "📌 kept" in current
    assert old.name not in current
    row = next(line for line in earlier.splitlines() if f"local_models/{old.name}.wav)" in line)
    assert (
        row.startswith(f"| 10 chorus | [Bark, take {old.wav.sha256[:8]}](") and "| seed 3 |" in row
    )
    assert f"invoke keep {old.name}" in earlier and kept.name not in earlier


def vote(scratch: Scratch, votes: VotesFile, song: str = "study") -> str:
    """The page's section on these votes."""
    scratch.make(scratch.jobs("bark")[0])
    write_json(votes_file.votes_path(scratch.results), votes_file.as_json(song, votes))
    (part,) = [p for p in scratch.page(5).split("\n## ") if p.startswith("What listeners said")]
    return part


def test_what_listeners_said_stands_in_a_table_with_its_intervals(scratch: Scratch) -> None:
    part = vote(scratch, VOTES)
    assert "- Bark is preferred.\n" in part
    assert "| rather listened to | 1 to 2 | Bark | 70 % | 40 to 90 % |" in part
    assert "votes/preference.png" in render(part).links and "votes/listening.json" in part


def test_each_question_names_whom_all_are_held_against(scratch: Scratch) -> None:
    """The control was never in a pair that was asked which is closer."""
    (prefer,) = VOTES.questions
    (bark,) = prefer.systems
    other = replace(bark, system="musicgen", preferred=None, preferred_low=None)
    closer = replace(prefer, question="closer", over="musicgen", systems=(bark, other))
    undecided = replace(prefer, question="closer", systems=(other,))
    names = tuple(VotedSystem(name, name.title(), "model") for name in ("sketch", "musicgen"))
    systems = (*VOTES.systems, *names)
    part = vote(scratch, replace(VOTES, systems=systems, questions=(prefer, closer)))
    heads = [line for line in part.splitlines() if line.startswith("| question |")]
    assert ["over Sketch" in heads[0], "over Musicgen" in heads[1], len(heads)] == [True, True, 2]
    rows = [line for line in part.splitlines() if line.startswith(("| rather", "| closer"))]
    assert ["| rather listened to" in rows[0], "| closer to" in rows[1], len(rows)] == [
        True, True, 2
    ]  # fmt: skip
    assert render(part).cells == [5] * 4  # two tables of a head and a row
    part = vote(scratch, replace(VOTES, questions=(undecided,)))
    assert "| question |" not in part and "preference.png" not in part


def test_what_listeners_wrote_is_escaped(scratch: Scratch) -> None:
    evil = "<script>x</script> | **Ana** [b](javascript:c)"
    part = vote(scratch, replace(VOTES, sentences=(evil,), questions=()))
    assert evil in render(part).text and "script" not in render(part).tags
    assert "preference.png" not in part  # nobody was asked for a preference


@pytest.mark.parametrize(
    ("song", "state"), [("other", "are of another song (other)"), ("study", "Takes have changed")]
)
def test_votes_of_something_else_are_not_shown(scratch: Scratch, song: str, state: str) -> None:
    clips = listening_file.as_json("study", PAGE)
    write_json(listening_file.listening_path(scratch.results), clips)
    part = vote(scratch, replace(VOTES, study="0" * 64), song)
    assert state in part and "Bark is preferred" not in part


def test_votes_that_cannot_be_read_say_so(scratch: Scratch) -> None:
    vote(scratch, VOTES)
    votes_file.votes_path(scratch.results).write_text("{")
    assert "The merged votes cannot be read" in scratch.page(5)
    assert "`invoke votes FILE --song songs/study.toml`" in scratch.page(5)
