"""Keep, discard, restore, clean: what a person decides about takes, and what they read of it."""

import json
from dataclasses import replace

import pytest
from tests.core.takes_of_hum import first_job, hum_song, store, take_store
from tests.runner.humming import locked_by_another

from secondtake.core.errors import Exit, LockedError, UserError
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_files import discarded_folder
from secondtake.core.take_store import read_folder, read_kept
from secondtake.core.takes import record_path, takes_folder, wav_path
from secondtake.runner import maintenance
from secondtake.runner.keeping import discard, keep
from secondtake.runner.rank_song import link_best, rank_song

SONG = "songs/hum.toml"
NAME = "hum_segment1_instrumental"


@pytest.fixture
def two(hum):
    """An earlier take (seed 3) and the current one."""
    old = store(hum, first_job(hum, seed=3), b"old")
    new = store(hum, first_job(hum), b"new")
    return old.named(old.earlier_name), new


def kept(hum):
    return read_kept(hum_song(hum).results, "hum")


def ranked(hum):
    return [take.take for group in rank_song(hum_song(hum)) for take in group.takes]


TYPED = [
    "{name}", "{name}.wav", "{name}.json", "results/hum/local_models/{name}.wav",
    "./results/hum/local_models/{name}.json", "local_models/{name}.wav", "{digits}",
]  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
def test_a_take_is_kept_however_it_is_named(hum, two, typed, capsys):
    old, new = two
    assert ranked(hum) == [new.name]
    word = typed.format(name=old.name, digits=old.wav.sha256[:8])
    assert keep(SONG, [word], False) == Exit.DONE
    assert kept(hum) == {old.wav.sha256}
    assert sorted(ranked(hum)) == sorted([new.name, old.name])
    out = capsys.readouterr().out
    assert out.startswith(f"kept: results/hum/local_models/{old.name}.wav\n")
    assert "invoke report --song songs/hum.toml" in out


def test_a_current_take_goes_before_a_kept_one_that_is_as_good(hum, two):
    old, new = two
    older = store(hum, first_job(hum, seed=5), b"older")
    store(hum, first_job(hum), b"new")
    keep(SONG, [old.name, older.earlier_name], False)
    (group,) = rank_song(hum_song(hum))
    assert group.takes[0].take == new.name
    first, second, third = (take.reason for take in group.takes)
    assert first.endswith("; the current take goes first")
    assert second == "no rule tells it from take 1, which is the current take"
    assert third.endswith(", which has the lower name")
    assert group.takes[0].label == "take 1"
    assert {take.label for take in group.takes[1:]} == {
        old.label,
        older.named(older.earlier_name).label,
    }


def test_the_link_to_the_best_take_names_the_take(hum, two):
    _, new = two
    assert link_best(hum_song(hum).results, {NAME: new.name}) == []
    assert keep(SONG, [f"results/hum/best/{NAME}.wav"], False) == Exit.DONE
    assert kept(hum) == {new.wav.sha256}


def test_a_kept_take_stays_kept_under_every_name(hum, two):
    _, new = two
    keep(SONG, [new.name], False)
    store(hum, first_job(hum, seed=9), b"newer")
    assert sorted(ranked(hum)) == sorted([NAME, new.earlier_name])
    assert keep(SONG, [new.earlier_name, new.earlier_name], False) == Exit.DONE
    assert kept(hum) == {new.wav.sha256}


def test_an_earlier_take_is_discarded_and_restored(hum, two, capsys):
    old, _ = two
    keep(SONG, [old.name], False)
    assert discard(SONG, [f"{old.name}.wav"], False) == Exit.DONE
    assert list(take_store(hum).takes) == [NAME] and kept(hum) == set()
    back = f"to take it back: invoke keep {old.name} --song songs/hum.toml"
    assert back in capsys.readouterr().out
    assert discard(SONG, [old.name], False) == Exit.DONE
    assert "it was there already" in capsys.readouterr().out
    assert keep(SONG, [f"results/hum/discarded/{old.name}.wav"], False) == Exit.DONE
    assert "restored from the bin" in capsys.readouterr().out
    assert kept(hum) == {old.wav.sha256} and old.name in take_store(hum).takes
    assert not any(discarded_folder(hum_song(hum).results).iterdir())


def test_a_discarded_current_take_says_what_the_next_run_does(hum, two, capsys):
    _, new = two
    assert discard(SONG, [NAME], False) == Exit.DONE
    out = capsys.readouterr().out
    wav = f"results/hum/discarded/{new.earlier_name}.wav"
    assert f"discarded: {wav} (the next run makes it again; for another one: " in out
    command = f"invoke generate --models hum --segments 1 --seed {new.job.seed + 1}"
    assert f"{command} --song songs/hum.toml)" in out
    assert NAME not in take_store(hum).takes
    keep(SONG, [new.earlier_name], False)
    assert take_store(hum).takes[NAME] == new


@pytest.mark.parametrize("typed", [NAME, f"{NAME}.wav", f"results/hum/local_models/{NAME}.wav"])
def test_a_discard_is_undone_by_the_same_name(hum, typed):
    new = store(hum, first_job(hum), b"new")
    discard(SONG, [typed], False)
    keep(SONG, [typed], False)
    assert take_store(hum).takes == {NAME: new} and kept(hum) == {new.wav.sha256}


def test_a_name_that_several_takes_had_is_asked_about(hum, two):
    old, new = two
    discard(SONG, [NAME], False)
    for verb in (keep, discard):
        with pytest.raises(UserError) as error:
            verb(SONG, [NAME], False)
        both = sorted([old.name, new.earlier_name])
        assert str(error.value).endswith(f"has this name; there is {', '.join(both)}")


def test_a_current_take_that_is_gone_discards_no_earlier_one(hum, two):
    old, _ = two
    wav_path(hum_song(hum).results, NAME).unlink()
    record_path(hum_song(hum).results, NAME).unlink()
    with pytest.raises(UserError, match=f"there is {old.name}"):
        discard(SONG, [NAME], False)
    assert old.name in take_store(hum).takes


def test_what_follows_from_a_discard_depends_on_the_plan(hum, capsys):
    store(hum, first_job(hum, seed=3), b"old")
    discard(SONG, [NAME], False)
    assert "the next run makes what the plan asks for" in capsys.readouterr().out
    store(hum, replace(first_job(hum), take=2), b"second")
    discard(SONG, [f"{NAME}_take2"], False)
    assert "invoke generate --models hum --segments 1 --takes 2" in capsys.readouterr().out
    store(hum, replace(first_job(hum), segment=77), b"removed")
    discard(SONG, ["hum_segment77_instrumental"], False)
    assert "the song asks for it no longer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("wav", "its wav was changed since it was made; copy it elsewhere"),
        ("record", "its record cannot be read; copy its wav elsewhere"),
        ("no wav", "its wav is gone"),
        ("no record", "it has no record.*copy it elsewhere"),
    ],
)
def test_what_is_no_whole_take_can_be_discarded_and_not_kept(hum, two, damage, fault, capsys):
    results = hum_song(hum).results
    path = record_path(results, NAME) if "record" in damage else wav_path(results, NAME)
    path.unlink() if damage.startswith("no") else path.write_bytes(b"{")
    with pytest.raises(UserError, match=f"no whole take: {fault}"):
        keep(SONG, [NAME], False)
    assert kept(hum) == set()
    assert discard(SONG, [NAME], False) == Exit.DONE
    out = capsys.readouterr().out
    assert "it was no whole take" in out and "take it back" not in out
    assert not record_path(results, NAME).exists() and not wav_path(results, NAME).exists()
    name = next(discarded_folder(results).iterdir()).stem
    with pytest.raises(UserError, match="no whole take"):
        keep(SONG, [name], False)


@pytest.mark.parametrize("verb", [keep, discard])
@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ((), r"which take\? type its name: invoke \w+ hum_segment1_instrumental --song"),
        (("hum_segment1_instrumentl",), "did you mean 'hum_segment1_instrumental'"),
        (("",), "is no name of a take"),
        (("a\0b",), "is no name of a take"),
        (("xyz",), "no take of hum has this name; the takes are in results/hum/local_models/"),
        (("hum_segment1_instrumental 2.wav",), "no take of hum has this name"),
        (("../../songs/hum.toml",), "not among the takes of hum"),
        (("results/other/local_models/x.wav",), "not among the takes of hum.*--song names another"),
        (("/etc/passwd",), "not among the takes"),
        (("ffffffff",), "no take of hum has this name"),
    ],
)
def test_a_wrong_name_is_bad_input_and_nothing_is_done(hum, two, verb, typed, message):
    before = take_store(hum).takes
    (takes_folder(hum_song(hum).results) / f"{NAME} 2.wav").write_bytes(b"copy")
    with pytest.raises(UserError, match=message):
        verb(SONG, [NAME, *typed] if typed else [], False)
    assert take_store(hum).takes == before and kept(hum) == set()


@pytest.mark.parametrize("verb", [keep, discard])
def test_nothing_is_decided_while_a_study_runs(hum, two, verb):
    with locked_by_another(hum), pytest.raises(LockedError):
        verb(SONG, [NAME], False)


def test_programs_read_the_same(hum, two, capsys):
    old, new = two
    keep(SONG, [old.name], True)
    value = json.loads(capsys.readouterr().out)
    file = f"results/hum/local_models/{old.name}.wav"
    assert value["song"] == "hum"
    assert value["takes"] == [{"take": old.name, "file": file, "state": "kept", "note": ""}]
    discard(SONG, [old.name, new.name], True)
    value = json.loads(capsys.readouterr().out)
    assert [take["take"] for take in value["takes"]] == [old.name, new.earlier_name]
    assert {take["state"] for take in value["takes"]} == {"discarded"}


# What clean does


def clean(capsys, **options):
    assert maintenance.clean(**{"everything": False, "yes": False, **options}) == Exit.DONE
    return capsys.readouterr().out


def test_clean_empties_every_bin_and_no_take_is_removed_otherwise(hum, two, capsys):
    old, _ = two
    discard(SONG, [old.name], False)
    capsys.readouterr()
    assert "results/hum/discarded: discarded takes" in clean(capsys)
    assert list(read_folder(discarded_folder(hum_song(hum).results)).takes) == [old.name]
    assert "removed" in clean(capsys, yes=True)
    assert not discarded_folder(hum_song(hum).results).exists()
    assert list(take_store(hum).takes) == [NAME]


@pytest.fixture
def removed(hum):
    """Two takes of a segment that the song no longer has; the second is kept."""
    job = replace(first_job(hum), segment=77)
    takes = [store(hum, job, b"removed"), store(hum, replace(job, take=2), b"removed, kept")]
    keep(SONG, [takes[1].name], False)
    return takes


def test_takes_of_a_removed_segment_go_to_the_bin_only_where_it_is_asked(hum, removed, capsys):
    store(hum, first_job(hum), b"planned")
    capsys.readouterr()
    assert "1 take of segments or models that songs/hum.toml asks for no longer" in clean(capsys)
    clean(capsys, yes=True)
    assert len(take_store(hum).takes) == 3
    listed = clean(capsys, takes=True)
    assert "hum_segment77_instrumental.wav: songs/hum.toml asks for it no longer" in listed
    assert "1 take moved into the bin" in clean(capsys, takes=True, yes=True)
    assert list(take_store(hum).takes) == [NAME, removed[1].name]
    assert list(take_store(hum).discarded.takes) == [removed[0].earlier_name]


def test_takes_are_left_alone_where_it_is_not_known_which_are_kept(hum, removed, capsys):
    path = hum_song(hum).results / "kept.json"
    path.write_text("{")
    capsys.readouterr()
    assert "takes are left alone" in clean(capsys, takes=True, yes=True)
    assert len(take_store(hum).takes) == 2
    path.unlink()
    (hum.root / SONG).write_text("title =")
    assert "takes are left alone" in clean(capsys, takes=True, yes=True)
    assert len(list(takes_folder(hum.results / "hum").iterdir())) == 4


def test_takes_of_a_model_that_left_its_segment_can_be_cleaned(hum, two, capsys):
    text = (hum.root / SONG).read_text()
    (hum.root / SONG).write_text(text.replace('models = ["hum"]', 'models = ["sketch"]', 1))
    assert "2 takes of segments or models" in clean(capsys)
    assert "2 takes moved into the bin" in clean(capsys, takes=True, yes=True)
    assert list(takes_folder(hum_song(hum).results).iterdir()) == []


def test_takes_of_a_model_that_nobody_knows_any_more_can_be_cleaned(hum, capsys, monkeypatch):
    take = store(hum, first_job(hum), b"old")
    text = (hum.root / SONG).read_text()
    (hum.root / SONG).write_text(text.replace('models = ["hum"]', 'models = ["sketch"]'))
    monkeypatch.delitem(MODELS, "hum")
    assert "1 take moved into the bin" in clean(capsys, takes=True, yes=True)
    assert list(take_store(hum).discarded.takes) == [take.earlier_name]
    keep(SONG, [take.earlier_name], False)
    assert "restored from the bin" in capsys.readouterr().out
