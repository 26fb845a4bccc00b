from dataclasses import replace

import pytest
from tests.runner.progress_pages.scratch import BLOCK, Scratch, new_scratch

from secondtake.core.outcomes import Outcome, outcomes_folder
from secondtake.core.takes import record_path, wav_path, write_record
from secondtake.runner.progress_pages.survey import survey


def states(scratch: Scratch) -> dict[str, str]:
    status = survey(scratch.song, scratch.project)
    return {entry.job.name: entry.state for entry in status.jobs}


def test_nothing_made_is_all_pending(scratch: Scratch) -> None:
    assert set(states(scratch).values()) == {"pending"}
    assert len(states(scratch)) == 4


@pytest.mark.parametrize("status", ["failed", "blocked", "skipped"])
def test_without_a_take_the_outcome_is_the_state(scratch: Scratch, status: str) -> None:
    scratch.note("bark", Outcome(status, "", "why", ""))  # type: ignore[arg-type]
    assert states(scratch)["bark_segment10_chorus"] == status


def test_a_take_wins_over_an_older_outcome(scratch: Scratch) -> None:
    scratch.note("sketch", BLOCK)
    (job, _) = scratch.jobs("sketch")
    scratch.make(job)
    assert states(scratch)[job.name] == "done"


def test_an_outcome_without_its_take_is_pending(scratch: Scratch) -> None:
    scratch.note("sketch", Outcome("done", "", "2.0 s"))
    assert set(states(scratch).values()) == {"pending"}


def test_a_changed_wish_makes_a_take_outdated(scratch: Scratch) -> None:
    (job, _) = scratch.jobs("sketch")
    scratch.make(replace(job, seed=job.seed + 1))
    status = survey(scratch.song, scratch.project)
    (entry,) = status.with_state("outdated")
    assert entry.why == "seed changed"
    assert entry.playable is not None
    assert status.unplanned == ()


def test_a_changed_lock_makes_a_take_outdated(scratch: Scratch) -> None:
    (job, _) = scratch.jobs("sketch")
    scratch.make(job)
    scratch.project.lock("sketch").write_text("# another\n")
    assert states(scratch)[job.name] == "outdated"


@pytest.mark.parametrize("damage", ["cut", "gone", "record"])
def test_damage(scratch: Scratch, damage: str) -> None:
    (job, _) = scratch.jobs("sketch")
    scratch.make(job)
    wav, record = wav_path(scratch.results, job.name), record_path(scratch.results, job.name)
    if damage == "cut":
        wav.write_bytes(wav.read_bytes()[:-2])
    elif damage == "gone":
        wav.unlink()
    else:
        record.write_text("{")
    status = survey(scratch.song, scratch.project)
    (entry,) = status.with_state("damaged")
    assert entry.playable is None
    assert len(status.troubles) == (damage == "record")


def test_further_takes_are_planned_once_they_are_there(scratch: Scratch) -> None:
    second = scratch.jobs("sketch", takes=2)[1]
    assert second.take == 2
    scratch.make(second)
    assert states(scratch)[second.name] == "done"
    assert len(states(scratch)) == 5


def test_a_take_that_the_song_no_longer_asks_for(scratch: Scratch) -> None:
    (job, _) = scratch.jobs("sketch")
    scratch.make(replace(job, segment=99))
    (take,) = survey(scratch.song, scratch.project).unplanned
    assert take.job.segment == 99


def test_a_take_of_another_song_is_none_of_this_ones(scratch: Scratch) -> None:
    (job, _) = scratch.jobs("sketch")
    take = scratch.make(job)
    write_record(scratch.results, replace(take, job=replace(job, song="other")))
    status = survey(scratch.song, scratch.project)
    entry = next(entry for entry in status.jobs if entry.job.name == job.name)
    assert entry.state == "pending" and "another song" in entry.why
    assert entry.playable is None
    assert status.unplanned == ()


def test_damaged_outcomes_are_a_trouble_not_an_error(scratch: Scratch) -> None:
    path = outcomes_folder(scratch.results) / "bark.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    (trouble,) = survey(scratch.song, scratch.project).troubles
    assert trouble.startswith("results/outcomes/bark.json")


def test_commands_name_the_song_unless_it_is_the_default(scratch: Scratch) -> None:
    status = survey(scratch.song, scratch.project)
    assert status.command("verify") == "invoke verify --song songs/study.toml"
    assert status.command("setup", "--models", "bark") == "invoke setup --models bark"
    default = new_scratch(scratch.project.root, file="whispers_del_futuro.toml")
    assert survey(default.song, default.project).command("verify") == "invoke verify"


def test_a_command_is_safe_to_paste(scratch: Scratch) -> None:
    folder = scratch.project.root / "songs" / "my $(touch x) songs"
    folder.mkdir()
    path = folder / "study.toml"
    path.write_text(scratch.song.path.read_text())
    status = survey(replace(scratch.song, path=path), scratch.project)
    assert status.command("verify").endswith("'songs/my $(touch x) songs/study.toml'")


def test_earlier_takes_are_told_apart_and_say_what_they_were_made_with(scratch: Scratch) -> None:
    (job, _) = scratch.jobs("sketch")
    old = scratch.earlier(replace(job, seed=3), 1.0)
    kept = scratch.earlier(replace(job, seed=4), 1.1)
    scratch.make(job)
    scratch.keep(kept)
    status = survey(scratch.song, scratch.project)
    assert [(entry.name, entry.state, entry.why) for entry in status.earlier] == [
        (old.name, "earlier", "seed 3")
    ]
    assert [(entry.name, entry.why) for entry in status.kept] == [(kept.name, "seed 4")]
    assert [entry.name for entry in status.takes] == [job.name]
    assert [entry.name for entry in status.judged] == [job.name, kept.name]
    assert status.unplanned == () and status.troubles == ()


def test_a_damaged_earlier_take_is_played_nowhere(scratch: Scratch) -> None:
    (job, _) = scratch.jobs("sketch")
    old = scratch.earlier(replace(job, seed=3), 1.0)
    wav_path(scratch.results, old.name).write_bytes(b"RIFF")
    status = survey(scratch.song, scratch.project)
    assert status.earlier == () and status.kept == ()


@pytest.mark.parametrize("ending", ["json", "wav"])
@pytest.mark.parametrize("copy", ["{} 2", "{} (1)", "{}.sync-conflict-20260101-ABC"])
def test_copies_of_a_synchronised_folder_change_no_page(
    scratch: Scratch, copy: str, ending: str
) -> None:
    (job, _) = scratch.jobs("sketch")
    take = scratch.make(job)
    pages = [scratch.page(number) for number in (3, 4, 5)]
    path = scratch.results / "local_models" / f"{take.name}.{ending}"
    path.with_name(f"{copy.format(take.name)}.{ending}").write_bytes(path.read_bytes())
    assert [scratch.page(number) for number in (3, 4, 5)] == pages


def test_outcomes_of_a_synchronised_folder_are_not_read(scratch: Scratch) -> None:
    scratch.note("sketch", BLOCK)
    path = outcomes_folder(scratch.results) / "sketch.json"
    path.with_name("sketch 2.json").write_text("{")
    assert survey(scratch.song, scratch.project).troubles == ()


def test_an_earlier_take_of_the_same_inputs_or_another_lock_says_so(scratch: Scratch) -> None:
    (job, _) = scratch.jobs("sketch")
    same = scratch.earlier(job, 1.0)
    scratch.make(job)
    assert [entry.why for entry in survey(scratch.song, scratch.project).earlier] == [
        "the same inputs"
    ]
    scratch.project.lock("sketch").write_text("# another\n")
    (entry,) = survey(scratch.song, scratch.project).earlier
    assert (entry.name, entry.why) == (same.name, "requirements/sketch.lock changed")
