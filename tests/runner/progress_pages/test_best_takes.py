"""Pages of a segment with several takes, whose order ranking.json says."""

from typing import Any

import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import BLOCK, Scratch, check, compared

from secondtake.core.files import sha256_of, write_json
from secondtake.core.jobs import Job
from secondtake.core.outcomes import OutcomeFiles
from secondtake.core.ranking_file import RankedGroup, RankedTake, as_json, ranking_path
from secondtake.core.takes import wav_path
from secondtake.runner.progress_pages.best_takes import spread
from secondtake.runner.rank_song import link_best

ORDER = (3, 1, 2)  # the takes, best first


def several(scratch: Scratch, order: tuple[int, ...] = ORDER) -> tuple[Job, ...]:
    """Bark's takes of the chorus, 1.1, 1.2, 1.3, … s long, all made and ranked in this order."""
    jobs = scratch.jobs("bark", takes=len(order))
    for job in jobs:
        scratch.make(job, 1 + job.take / 10)
    rank(scratch, jobs, order)
    return jobs


def rank(scratch: Scratch, jobs: tuple[Job, ...], order: tuple[int, ...], **more: Any) -> None:
    placed = tuple(
        RankedTake(
            place,
            jobs[number - 1].name,
            number,
            jobs[number - 1].seed,
            sha256_of(wav_path(scratch.results, jobs[number - 1].name)),
            f"because of {place}",
            {},
        )
        for place, number in enumerate(order, 1)
    )
    facts = {"best": placed[0].take, "set_aside": (), **more}
    group = RankedGroup(10, "chorus", "bark", takes=placed, **facts)
    write_json(ranking_path(scratch.results), as_json(scratch.song.name, [group]))


def lines(page: str, part: str) -> list[str]:
    return [line for line in page.splitlines() if part in line]


def test_the_best_take_stands_for_all_with_the_reason(scratch: Scratch) -> None:
    jobs = several(scratch)
    link_best(scratch.results, {jobs[0].name: jobs[2].name})
    page = scratch.page(3)
    (chosen,) = lines(page, "**Bark, best of 3 (take 3)**")
    assert "(best/bark_segment10_chorus.wav)" in chosen
    assert chosen.endswith("chosen without the baseline. Why: because of 1")
    assert len(lines(page, "Prompt: ")) == 1 + len(scratch.jobs("stable_audio"))
    (row,) = lines(page, "Bark, median of 3")
    assert "| 1.20 (1.10 to 1.30) |" in row
    assert [line.split("|")[1].strip() for line in lines(page, "because of")[1:]] == ["2", "3"]
    seeds = [line.split("|")[3].strip() for line in lines(page, "| because of")]
    assert seeds == [str(jobs[0].seed), str(jobs[1].seed)]


def test_the_glance_has_a_row_for_all_takes(scratch: Scratch) -> None:
    several(scratch)
    glance = scratch.page(3).split("## Completed")[0]
    (row,) = lines(glance, "bark_segment10_chorus")
    assert "Bark, best of 3 (take 3)" in row


def test_what_was_not_known_is_said(scratch: Scratch) -> None:
    jobs = several(scratch)
    rank(scratch, jobs, ORDER, set_aside=("words not judged: nobody listened (takes 1, 2, 3)",))
    assert "; words not judged: nobody listened (takes 1, 2, 3)" in scratch.page(3)


def test_when_no_take_passes_none_is_called_the_best(scratch: Scratch) -> None:
    jobs = several(scratch)
    rank(scratch, jobs, ORDER, best=None)
    assert "Bark, none of 3 usable (least bad: take 3)" in scratch.page(5)
    assert "best of" not in scratch.page(5)


def test_a_ranking_of_other_files_chooses_nothing(scratch: Scratch) -> None:
    jobs = several(scratch)
    scratch.make(jobs[1], 1.9)
    page = scratch.page(3)
    for number in (4, 5):
        assert "[Bark, take 1 of 3 (not ranked)](local_models/" in scratch.page(number)
    assert "Bark, take 1 of 3 (not ranked): ranked before something changed" in page
    assert "`invoke rank --song songs/study.toml`" in page
    ranking_path(scratch.results).unlink()
    assert "not ranked yet" in scratch.page(3)


def test_of_several_takes_the_best_has_a_row_and_so_has_each_that_failed(scratch: Scratch) -> None:
    jobs = several(scratch)
    scratch.verify("fail", [check("silence", 1.0, "", "fail", "nothing to hear")])
    rows = lines(scratch.page(4), "| [Bark, ")
    assert [row.split("]")[0].split("[")[1] for row in rows] == [
        "Bark, best of 3 (take 3)",
        "Bark, take 1",
        "Bark, take 2",
    ]
    assert all("| ❌ silence |" in row for row in rows)
    assert "❌ 3 fail" in scratch.page(4)
    assert len(lines(scratch.page(4), "Make what failed again")) == 1
    scratch.verify()
    (row,) = lines(scratch.page(4), "| [Bark, ")
    assert jobs[2].name in row and "| ✅ |" in row


def test_all_takes_count_as_compared(scratch: Scratch) -> None:
    jobs = several(scratch)
    ready = {"state": "ready", "why": "", "measured": {}}
    takes = [compared(job, "baseline", []) for job in jobs]
    scratch.compare([{"number": 10, "baseline": ready, "takes": takes, "skipped": []}])
    assert "3 takes: 0 verified, 3 compared" in scratch.page(4)
    assert len(lines(scratch.page(5), "| −13.4 |")) == 3


def test_takes_made_after_the_comparison_are_one_line(scratch: Scratch) -> None:
    several(scratch)
    ready = {"state": "ready", "why": "", "measured": {}}
    scratch.compare([{"number": 10, "baseline": ready, "takes": [], "skipped": []}])
    (line,) = lines(scratch.page(4), "not compared: made after")
    assert "and 2 further takes were not compared" in line


def test_listening_plays_them_in_order_and_stays_short(scratch: Scratch) -> None:
    several(scratch, (7, 6, 5, 4, 3, 2, 1, 8))
    page = scratch.page(5)
    rows = lines(page, "[Bark, ")
    assert [row.split("]")[0].split("[")[1] for row in rows] == [
        "Bark, best of 8 (take 7)",
        *(f"Bark, take {number}" for number in (6, 5, 4, 3, 2)),
    ]
    assert "2 further takes by Bark: [`results/ranking.json`](ranking.json)" in page
    assert "--takes 3" not in page


def test_one_take_makes_no_noise(scratch: Scratch) -> None:
    (job,) = several(scratch, (1,))
    scratch.verify()
    for number in (3, 4, 5):
        page = scratch.page(number).replace("ranking.json", "")
        assert not any(word in page for word in ("median", "best of", "(not ranked", "Why:"))
    assert job.name in page


def test_many_takes_that_wait_are_one_plan(scratch: Scratch) -> None:
    for job in scratch.jobs("stable_audio", takes=5):
        OutcomeFiles(scratch.results).record("stable_audio", {job.name: BLOCK})
    page = scratch.page(3)
    assert len(lines(page, "Target: 2 seconds")) == len(scratch.jobs())  # as with one take
    (line,) = lines(page, "4 further takes with other seeds")
    assert "stable_audio_segment7_instrumental_take5.wav" in line
    assert len(lines(scratch.page(5), "Stable Audio is blocked")) == 1


@pytest.mark.parametrize("number", [3, 4, 5])
def test_the_pages_render_and_every_link_leads_somewhere(scratch: Scratch, number: int) -> None:
    jobs = several(scratch, (8, 2, 3, 4, 5, 6, 7, 1))
    link_best(scratch.results, {jobs[0].name: jobs[7].name})
    scratch.verify()
    html = render(scratch.page(number))
    elsewhere = ("http", "PHASE", "../docs", "listen.html")  # written with this page
    inside = [link for link in html.links if not link.startswith(elsewhere)]
    assert inside
    assert all((scratch.results / link).exists() for link in inside)


def test_spread_of_known_figures() -> None:
    assert spread([3, 1.0, None, 2]) == "2.00 (1.00 to 3.00)"
    assert spread([]) == ""
