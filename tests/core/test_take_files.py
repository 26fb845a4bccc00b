"""Moves of takes: whatever is stopped, and wherever, every sound is whole under some name."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from secondtake.core import take_files
from secondtake.core.files import sha256_of
from secondtake.core.plan import Request, planned_jobs
from secondtake.core.take_files import (
    discard_files,
    discard_take,
    discarded_folder,
    put_in_place,
    restore_take,
)
from secondtake.core.take_store import TakeStore, read_folder
from secondtake.core.takes import record_path, takes_folder, wav_path, write_record
from tests.core.takes_of_hum import first_job, hum_song, store, take_store

NAME = "hum_segment1_instrumental"
WANTED = Request(segments=(1,))


def run(project, request=WANTED):
    """Make what is planned, each sound named after its seed; the names of what was generated."""
    song, generated = hum_song(project), []
    takes = TakeStore(song.results, song.name)
    for entry in planned_jobs(song, request, project, takes):
        if entry.earlier:
            put_in_place(song.results, entry.earlier, entry.job)
        elif entry.generates:
            store(project, entry.job, b"sound of %d" % entry.job.seed)
            generated.append(entry.job.name)
    return generated


def sounds(project):
    """Every whole take, in use or in the bin: its seed and its sound."""
    results, pairs = hum_song(project).results, set()
    for folder in (takes_folder(results), discarded_folder(results)):
        for take in read_folder(folder).takes.values():
            path = folder / take.wav.file
            if path.is_file() and sha256_of(path) == take.wav.sha256:
                pairs.add((take.job.seed, path.read_bytes()))
    return pairs


def names(project):
    return sorted(path.name for path in takes_folder(hum_song(project).results).iterdir())


def current(project):
    return take_store(project).takes[NAME]


class Kill(BaseException):
    """The end of the process: no file is changed any more, by no clean-up either."""


CHANGES = ("replace", "rename", "link", "unlink", "fsync", "chmod")


def killed(work, step):
    """Do the work, killed before its step-th change of a file; True if so."""
    count = 0

    def counted(change):
        def wrapped(*arguments, **named):
            nonlocal count
            count += 1
            if count > step:
                raise Kill
            return change(*arguments, **named)

        return wrapped

    with pytest.MonkeyPatch.context() as patch:
        for change in CHANGES:
            if hasattr(os, change):
                patch.setattr(os, change, counted(getattr(os, change)))
        try:
            work()
        except Kill:
            return True
    return False


def at_every_step(project, prepare, work):
    """Kill the work at every step of it, each time on prepared results; yields each step."""
    results = hum_song(project).results
    prepare()
    template = results.with_name("template")
    shutil.copytree(results, template)
    for step in range(200):
        shutil.rmtree(results)
        shutil.copytree(template, results)
        was_killed = killed(work, step)
        yield step
        if not was_killed:
            assert step > 3
            return
    raise AssertionError("it never ends")


def orphan(project):
    run(project)
    record_path(hum_song(project).results, NAME).unlink()


def changed_by_hand(project):
    run(project, replace(WANTED, seed=3))
    wav_path(hum_song(project).results, NAME).write_bytes(b"mine")


PREPARED = {
    "nothing": lambda project: takes_folder(hum_song(project).results).mkdir(parents=True),
    "other inputs": lambda project: run(project, replace(WANTED, seed=3)),
    "an earlier take": lambda project: (run(project), run(project, replace(WANTED, seed=3))),
    "an earlier take of another number": lambda project: (
        run(project, replace(WANTED, takes=2, seed=first_job(project).seed - 1)),
        run(project, replace(WANTED, takes=2, seed=3)),
    ),
    "several earlier takes": lambda project: [
        run(project, replace(WANTED, seed=seed)) for seed in (3, 4, 5)
    ],
    "a wav without a record": orphan,
    "a wav that was changed by hand": changed_by_hand,
}


def refused(*_):
    raise PermissionError("no hard links here")


@pytest.mark.parametrize("state", PREPARED)
@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
def test_a_kill_at_any_step_of_a_run_loses_no_take(hum, state, links, monkeypatch):
    if not links:  # as on a file system that has none
        monkeypatch.setattr(os, "link", refused)

    def prepare():
        PREPARED[state](hum)

    for _ in at_every_step(hum, prepare, lambda: run(hum)):
        before = sounds(hum)
        again = run(hum)
        assert current(hum).job.seed == first_job(hum).seed
        assert before <= sounds(hum)
        assert (
            again == [] or (first_job(hum).seed, b"sound of %d" % first_job(hum).seed) not in before
        )
        take_store(hum).remove_second_names()
        assert run(hum) == []
        takes = take_store(hum)
        assert takes.second_names == [] and all(map(takes.is_whole, takes.takes.values()))
        seeds = [take.job.seed for take in takes.takes.values()]
        assert len(seeds) == len(set(seeds))


@pytest.mark.parametrize("state", ["other inputs", "an earlier take", "several earlier takes"])
def test_no_sound_of_before_a_kill_is_gone_after_it(hum, state):
    results = hum_song(hum).results
    whole = set()

    def prepare():
        PREPARED[state](hum)
        whole.update(sounds(hum))

    for _ in at_every_step(hum, prepare, lambda: run(hum)):
        assert whole <= sounds(hum)
    assert not list(results.glob("**/.*.part"))


@pytest.mark.parametrize("back", [False, True])
def test_a_kill_while_a_take_is_discarded_or_restored_loses_nothing(hum, back):
    results = hum_song(hum).results

    def prepare():
        run(hum)
        if back:
            discard_take(results, current(hum))

    def work():
        if back:
            (take,) = read_folder(discarded_folder(results)).takes.values()
            restore_take(results, take)
        else:
            discard_take(results, current(hum))

    sound = (first_job(hum).seed, b"sound of %d" % first_job(hum).seed)
    for _ in at_every_step(hum, prepare, work):
        assert sounds(hum) == {sound}
    assert bool(take_store(hum).takes) == back


# Where everything is, when nothing is stopped


def test_new_inputs_make_a_further_take_and_the_old_one_stays(hum):
    assert run(hum, replace(WANTED, seed=3)) == [NAME]
    old = current(hum)
    assert run(hum) == [NAME]
    assert current(hum).job.seed == first_job(hum).seed
    assert names(hum) == sorted(
        f"{name}.{ending}" for name in (NAME, old.earlier_name) for ending in ("json", "wav")
    )


def test_inputs_that_are_asked_for_again_bring_their_take_back(hum):
    run(hum, replace(WANTED, seed=3))
    run(hum)
    before = sounds(hum)
    assert run(hum, replace(WANTED, seed=3)) == []
    assert current(hum).job.seed == 3 and sounds(hum) == before
    assert run(hum) == [] and current(hum).job.seed == first_job(hum).seed
    assert len(names(hum)) == 4


def test_a_take_is_brought_back_to_another_number(hum):
    run(hum, replace(WANTED, seed=3))
    run(hum, replace(WANTED, seed=9))
    assert run(hum, replace(WANTED, seed=2, takes=2)) == [NAME]
    second = take_store(hum).takes[f"{NAME}_take2"]
    assert (second.job.take, second.job.seed) == (2, 3)
    assert run(hum, replace(WANTED, seed=2, takes=2)) == []


def test_the_same_sound_again_is_the_same_take(hum):
    run(hum)
    assert store(hum, first_job(hum), b"sound of %d" % first_job(hum).seed).name == NAME
    assert names(hum) == [f"{NAME}.json", f"{NAME}.wav"]


def test_another_sound_of_the_same_inputs_loses_neither(hum):
    run(hum)
    old = current(hum)
    store(hum, first_job(hum), b"made on another day")
    takes = take_store(hum)
    assert set(takes.takes) == {NAME, old.earlier_name}
    assert wav_path(hum_song(hum).results, NAME).read_bytes() == b"made on another day"
    assert run(hum) == []


@pytest.mark.parametrize("damage", ["wav", "record", "no wav", "no record"])
def test_what_is_no_whole_take_goes_to_the_bin(hum, damage):
    results = hum_song(hum).results
    run(hum, replace(WANTED, seed=3))
    path = record_path(results, NAME) if "record" in damage else wav_path(results, NAME)
    path.unlink() if damage.startswith("no") else path.write_bytes(b"{mine")
    left = {path.read_bytes() for path in takes_folder(results).iterdir()}
    assert run(hum) == [NAME]
    assert names(hum) == [f"{NAME}.json", f"{NAME}.wav"]
    assert {path.read_bytes() for path in discarded_folder(results).iterdir()} == left


def test_a_take_of_another_song_is_set_aside_whole(hum):
    run(hum)
    results = hum_song(hum).results
    other = replace(current(hum), job=replace(current(hum).job, song="other"))
    write_record(results, other)
    store(hum, first_job(hum), b"new")
    aside = other.named(other.earlier_name)
    assert read_folder(takes_folder(results)).takes[aside.name] == aside
    assert wav_path(results, aside.name).read_bytes() == b"sound of %d" % first_job(hum).seed
    assert wav_path(results, NAME).read_bytes() == b"new"


@pytest.mark.parametrize("what", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path.name)])
@pytest.mark.parametrize("place", [wav_path, record_path])
def test_what_is_no_file_makes_room_for_a_take(hum, what, place):
    results = hum_song(hum).results
    takes_folder(results).mkdir(parents=True)
    what(place(results, NAME))
    store(hum, first_job(hum), b"new")
    assert names(hum) == [f"{NAME}.json", f"{NAME}.wav"] and current(hum)
    assert wav_path(results, NAME).read_bytes() == b"new"


def test_a_discarded_take_comes_back_under_its_name_or_beside_a_new_one(hum):
    run(hum)
    results, take = hum_song(hum).results, current(hum)
    wav = discard_take(results, take)
    assert wav.is_file() and names(hum) == []
    (discarded,) = read_folder(discarded_folder(results)).takes.values()
    assert restore_take(results, discarded).name == NAME
    discard_take(results, take)
    store(hum, replace(take.job, seed=3), b"another")
    assert restore_take(results, discarded).name == take.earlier_name
    assert not any(discarded_folder(results).iterdir())


def test_nothing_is_discarded_where_nothing_is(hum):
    assert discard_files(hum_song(hum).results, NAME) == []
    assert not discarded_folder(hum_song(hum).results).exists()


def test_a_second_name_costs_no_room(hum, monkeypatch):
    monkeypatch.setattr(take_files.shutil, "copyfileobj", None)  # would be needed for a copy
    run(hum, replace(WANTED, seed=3))
    run(hum)
    assert len(sounds(hum)) == 2
