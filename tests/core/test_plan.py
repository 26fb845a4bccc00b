"""Which jobs are wanted, and why one must be done."""

from dataclasses import replace

import pytest

from secondtake.core.errors import UserError
from secondtake.core.lock_names import LOCKS
from secondtake.core.plan import Request, TakeInputs, describe_inputs, plan, planned_jobs
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import load_song
from secondtake.core.takes import record_path, wav_path, write_record
from secondtake.core.weights import FetchedFile, Manifest, write_manifest
from tests.core.takes_of_hum import first_job, hum_song, make, store, take_store

BOTH = '[[segment]]\nnumber = {}\nkind = "verse"\ntitle = "T"\nseconds = 1\nlyrics = "La"\n'


@pytest.fixture
def saved(hum):
    """A finished take, and a way to ask why it would be made again."""
    take = make(hum, first_job(hum))
    results = hum_song(hum).results

    def why(job=take.job, device="auto"):
        return TakeInputs(hum, take_store(hum), device).stale_reason(job)

    assert why() is None
    return take, results, why


# Why a job must be done


def test_what_is_not_there_must_be_made(hum):
    assert TakeInputs(hum, take_store(hum)).stale_reason(first_job(hum)) == "not made yet"


CHANGES = {
    "seed": 1, "seconds": 2.0, "prompt": "x", "style": "x", "lyrics": "x", "languages": ("es",),
    "bpm": 99.0, "key": "C major", "settings": {"mood": "loud"}, "checkpoint": "high",
}  # fmt: skip


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_a_changed_job_says_what_changed(saved, field):
    take, _, why = saved
    assert why(replace(take.job, **{field: CHANGES[field]})) == f"{field} changed"


def test_two_changes_are_both_named(saved):
    take, _, why = saved
    assert why(replace(take.job, seed=1, bpm=99.0)) == "seed, bpm changed"


def test_a_meter_is_a_reason_for_a_model_that_heeds_it_alone(saved, monkeypatch):
    take, _, why = saved
    waltz = replace(take.job, meter="3/4")
    assert why(waltz) is None
    heeding = replace(MODELS["hum"], supports=("prompt", "seed", "meter"))
    monkeypatch.setitem(MODELS, "hum", heeding)
    assert why(waltz) == "meter changed" and why() is None
    assert describe_inputs(take.job, replace(take, job=waltz), "") == "meter 3/4"
    assert describe_inputs(waltz, take, "") == "meter –"


def test_a_new_title_is_no_reason(saved):
    take, _, why = saved
    assert why(replace(take.job, title="Renamed")) is None


def test_a_changed_lock_is_a_reason_and_a_missing_one_is_not(hum, saved):
    _, _, why = saved
    hum.lock("hum").write_text("# changed\n")
    assert why() == "requirements/hum.lock changed"
    hum.lock("hum").unlink()
    assert why() is None


def test_a_take_of_the_environments_other_lock_is_made_again_and_both_are_named(
    hum, saved, monkeypatch
):
    _, _, why = saved
    monkeypatch.setitem(LOCKS, "hum", ("hum", "hum_new"))
    hum.lock_file("hum_new").write_text("# for newer machines\n")
    assert why() is None
    monkeypatch.setenv("SECONDTAKE_HUM_LOCK", "hum_new")
    assert why() == "made with requirements/hum.lock, requirements/hum_new.lock asked"
    hum.lock_file("hum").write_text("# changed\n")
    assert why() == "requirements/hum_new.lock changed"


def test_a_take_of_a_foreign_environment_is_made_again(saved):
    take, results, why = saved
    write_record(results, replace(take, lock_sha256=""))
    assert why() == "made outside the project's environments"


def fetched(hum, sha256):
    file = FetchedFile("text", "x", sha256, 1, "s", "r", False, (1,))
    write_manifest(hum, Manifest("hum", "low", {"text": file}))


def test_changed_weights_are_a_reason_and_removed_ones_are_not(hum):
    job = first_job(hum)
    make(hum, job, {"text": "a" * 64})
    assert TakeInputs(hum, take_store(hum)).stale_reason(job) is None
    fetched(hum, "a" * 64)
    assert TakeInputs(hum, take_store(hum)).stale_reason(job) is None
    fetched(hum, "b" * 64)
    assert TakeInputs(hum, take_store(hum)).stale_reason(job) == "the weights changed"


def test_a_raised_recipe_is_a_reason(saved, monkeypatch):
    _, _, why = saved
    monkeypatch.setitem(MODELS, "hum", replace(MODELS["hum"], generation_version=2))
    assert why() == "the model's recipe changed"


def test_a_device_is_a_reason_only_if_asked_for_by_name(saved, monkeypatch):
    take, results, why = saved
    monkeypatch.setitem(MODELS, "hum", replace(MODELS["hum"], devices=("cpu", "cuda", "mps")))
    assert why(device="cpu") is None
    assert why(device="mps") == "made on cpu, mps asked"
    write_record(results, replace(take, made=replace(take.made, device="cuda:1")))
    assert (why(device="cuda"), why(device="auto")) == (None, None)


def test_a_device_on_which_the_model_does_not_run_is_no_reason(saved):
    _, _, why = saved
    assert why(device="cuda") is None


@pytest.mark.parametrize("data", [b"", b"RIF", b"RIFX", None])
def test_a_missing_cut_or_changed_wav_is_a_reason(saved, data):
    take, results, why = saved
    path = wav_path(results, take.job.name)
    path.unlink() if data is None else path.write_bytes(data)
    assert why() == "the wav is missing or was changed"


@pytest.mark.parametrize("text", ["", "{}", "[[", "null"])
def test_a_damaged_record_is_a_reason(saved, text):
    take, results, why = saved
    record_path(results, take.job.name).write_text(text)
    assert why() == "its record is damaged"


def test_a_take_of_another_song_is_a_reason(saved):
    take, _, why = saved
    assert why(replace(take.job, song="other")) == "a take of another song, 'hum', has its name"


# What becomes of the current take


def planned(hum, *, force=False, **wish):
    request = Request(segments=(1,), **wish)
    (entry,) = planned_jobs(hum_song(hum), request, hum, take_store(hum), force=force)
    return entry


def test_new_inputs_say_under_which_name_the_present_take_stays(hum):
    old = store(hum, first_job(hum, seed=3), b"old")
    entry = planned(hum)
    assert entry.generates and entry.earlier is None
    assert entry.reason == "seed changed"
    assert entry.consequence == f"the current take stays as {old.earlier_name}"
    assert entry.explanation == f"{entry.reason}; {entry.consequence}"
    assert planned(hum, seed=3).explanation is None


def test_a_take_of_these_inputs_comes_back_and_nothing_is_generated(hum):
    old = store(hum, first_job(hum, seed=3), b"old")
    new = store(hum, first_job(hum), b"new")
    entry = planned(hum, seed=3)
    assert not entry.generates and entry.earlier == old.named(old.earlier_name)
    assert entry.explanation == (
        f"seed changed; the take of these inputs, {old.earlier_name}, comes back; "
        f"the current take stays as {new.earlier_name}"
    )


@pytest.mark.parametrize("change", ["lock", "weights", "recipe", "device", "wav", "record", "song"])
def test_an_earlier_take_of_other_inputs_or_damaged_never_comes_back(hum, monkeypatch, change):
    old = store(hum, first_job(hum, seed=3), b"old")
    store(hum, first_job(hum), b"new")
    results, device = hum_song(hum).results, "auto"
    if change == "lock":
        hum.lock("hum").write_text("# changed\n")
    elif change == "weights":
        fetched(hum, "b" * 64)
    elif change == "recipe":
        monkeypatch.setitem(MODELS, "hum", replace(MODELS["hum"], generation_version=2))
    elif change == "device":
        device = "mps"
        monkeypatch.setitem(MODELS, "hum", replace(MODELS["hum"], devices=("cpu", "mps")))
        monkeypatch.setattr("secondtake.core.plan.check_jobs", lambda *_: None)
    elif change == "wav":
        wav_path(results, old.earlier_name).write_bytes(b"odl")
    elif change == "record":
        record_path(results, old.earlier_name).write_text("{")
    else:
        other = old.named(old.earlier_name)
        write_record(results, replace(other, job=replace(other.job, song="other")))
    entry = planned(hum, seed=3, device=device)
    assert entry.generates and entry.earlier is None


def test_force_makes_a_take_again_and_says_that_the_present_one_stays(hum):
    store(hum, first_job(hum, seed=3), b"old")
    take = store(hum, first_job(hum), b"new")
    assert planned(hum, force=True).explanation == (
        f"--force; the current take stays as {take.earlier_name} unless it sounds the same"
    )
    assert planned(hum, force=True, seed=3).earlier is None


@pytest.mark.parametrize("damage", ["wav", "record", "no record"])
def test_what_is_in_the_way_is_said_to_go_to_the_bin(saved, hum, damage):
    take, results, _ = saved
    path = record_path(results, take.name) if "record" in damage else wav_path(results, take.name)
    path.unlink() if damage == "no record" else path.write_text("{")
    assert planned(hum).consequence == "what has its name now goes to results/hum/discarded"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 3}, "seed 3"),
        ({"seconds": 12.5}, "12.5 s"),
        ({"checkpoint": "high"}, "checkpoint high"),
        ({"settings": {"mood": "loud"}}, "mood loud"),
        ({"settings": {}}, "mood –"),
        ({"lyrics": "La", "style": "x"}, "other style, other lyrics"),
        ({"languages": ("en", "es")}, "languages en es"),
        ({"bpm": 99.5, "key": "C major"}, "bpm 99.5, key C major"),
        ({"title": "Renamed", "take": 7}, "the weights changed"),
    ],
)
def test_what_a_take_was_made_with_is_said_in_a_few_words(saved, change, words):
    take, _, _ = saved
    made = replace(take, job=replace(take.job, **change))
    assert describe_inputs(take.job, made, "the weights changed") == words


def test_each_record_lock_and_manifest_is_read_once_however_many_the_jobs(hum, monkeypatch):
    import secondtake.core.plan as planning
    import secondtake.core.take_store as storing

    for job in plan(hum_song(hum), Request(takes=30)):
        make(hum, job)
    read = []
    for module, function in ((planning, "read_manifest"), (storing, "read_record")):
        original = getattr(module, function)

        def counted(*arguments, original=original):
            read.append(arguments)
            return original(*arguments)

        monkeypatch.setattr(module, function, counted)
    entries = planned_jobs(hum_song(hum), Request(takes=30), hum, take_store(hum))
    assert len(entries) == 60 and not any(entry.reason for entry in entries)
    assert len(read) == len(set(map(str, read))) == 60 + 1


# Which jobs are wanted


def test_jobs_come_model_by_model(hum):
    (hum.root / "songs/hum.toml").write_text('title = "T"\n' + BOTH.format(1) + BOTH.format(2))
    jobs = plan(hum_song(hum), Request(takes=2))
    models = [job.model for job in jobs]
    assert models == sorted(models, key=list(MODELS).index)
    assert len({job.name for job in jobs}) == len(jobs) == 2 * 2 * len(set(models))


def test_a_wish_narrows(hum):
    song = hum_song(hum)
    assert [job.segment for job in plan(song, Request(segments=(2,)))] == [2]
    assert [job.segment for job in plan(song, Request(segments=(2, 2)))] == [2]
    jobs = plan(song, Request(takes=3, checkpoints={"hum": "high"}, settings={"mood": "loud"}))
    assert {(job.checkpoint, job.settings["mood"]) for job in jobs} == {("high", "loud")}


def test_every_take_has_a_seed_of_its_own_and_the_same_every_time(hum):
    song = hum_song(hum)
    seeds = [job.seed for job in plan(song, Request(takes=20))]
    assert len(set(seeds)) == 40
    assert seeds == [job.seed for job in plan(hum_song(hum), Request(takes=20))]
    assert [job.seed for job in plan(song, Request(takes=19))] == seeds[:19] + seeds[20:39]


def test_a_seed_that_is_asked_for_counts_on_from_the_first_take(hum):
    song = hum_song(hum)
    device = plan(song, Request(segments=(1,), takes=3, seed=2**31 - 2))
    assert [job.seed for job in device] == [2**31 - 2, 2**31 - 1, 0]


def test_a_switch_chooses_where_neither_song_nor_wish_does(project, monkeypatch):
    path = project.root / "songs" / "mine.toml"
    path.write_text(
        'title = "T"\n' + BOTH.format(1) + BOTH.format(2) + 'bark = { checkpoint = "large" }\n'
    )

    def chosen(**wish):
        jobs = plan(load_song(path, project), Request(models=("bark",), **wish))
        return [job.checkpoint for job in jobs]

    assert chosen() == ["large", "large"]
    monkeypatch.setenv("SUNO_USE_SMALL_MODELS", "1")
    assert chosen() == ["small", "large"]
    assert chosen(checkpoints={"bark": "large"}) == ["large", "large"]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Request(models=("hmu",)), r"--models: no model 'hmu'; did you mean 'hum'\?"),
        (Request(segments=(99,)), r"hum.toml: no segment 99; the song has 1, 2"),
        (Request(takes=0), "--takes: 0 is outside 1 to 99"),
        (Request(takes=100), "--takes: 100 is outside 1 to 99"),
        (Request(seed=-1), "--seed: -1 is outside 0 to 2147483647"),
        (Request(seed=2**31), "--seed: 2147483648 is outside"),
        (Request(checkpoints={"hum": "medium"}), "--checkpoint hum: no checkpoint 'medium'"),
        (Request(models=("bark",)), "bark has nothing to do in segment 1, 2; add it"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(hum, wish, message):
    with pytest.raises(UserError, match=message):
        plan(hum_song(hum), wish)
