"""Jobs: names, seeds, hashes, and the way through JSON and back."""

import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from secondtake.core.jobs import INPUTS, Job, derived_seed, inputs_hash
from secondtake.core.registry.all_models import MODELS
from secondtake.core.validation import METERS

SRC = Path(__file__).parents[2] / "src"
JOB = Job(
    song="mine", segment=10, kind="chorus", title="One", model="bark", checkpoint="large", take=1,
    seed=7, seconds=14.0, prompt="♪ La ♪", style="calm", lyrics="La", languages=("en", "es"),
    bpm=120.0, key="A minor", settings={"voice": "v"},
)  # fmt: skip
OTHER = {
    "song": "x",
    "segment": 11,
    "kind": "verse",
    "model": "sketch",
    "checkpoint": "small",
    "take": 2,
    "seed": 8,
    "seconds": 14.5,
    "prompt": "x",
    "style": "x",
    "lyrics": "x",
    "languages": ("es", "en"),
    "bpm": 121.0,
    "key": "C major",
    "settings": {"voice": "w"},
}
# The hash of JOB, of the lock "lock" and these weights, before there were meters.
WEIGHTS = {"text": "1"}
BEFORE_METERS = "81632962976f455fe4f90936667e1ce1a28f90fb9e47bfaac8022963cd3b4b6a"  # fmt: skip


def test_a_take_is_named_as_people_name_it():
    assert JOB.name == "bark_segment10_chorus"
    assert replace(JOB, take=2).name == "bark_segment10_chorus_take2"


def test_a_job_comes_back_from_json():
    assert Job.from_json(json.loads(json.dumps(JOB.to_json()))) == JOB


@pytest.mark.parametrize("field", [field.name for field in fields(Job)])
def test_a_job_with_a_field_missing_or_of_another_type_is_refused(field):
    value = JOB.to_json()
    for wrong in (None, [1], True):
        with pytest.raises(TypeError):
            Job.from_json({**value, field: wrong})
    del value[field]
    with pytest.raises(TypeError):
        Job.from_json(value)


def test_a_job_with_something_foreign_is_refused():
    with pytest.raises(TypeError, match="colour"):
        Job.from_json({**JOB.to_json(), "colour": 1})


@pytest.mark.parametrize("value", [None, [], "job", 5])
def test_what_is_no_object_is_no_job(value):
    with pytest.raises(TypeError):
        Job.from_json(value)


def test_what_a_model_ignores_is_told():
    assert JOB.used_inputs == ["prompt", "seconds", "seed", "voice"]
    assert JOB.unused_inputs == ["bpm", "key", "languages", "lyrics", "style"]
    assert replace(JOB, style="").unused_inputs == ["bpm", "key", "languages", "lyrics"]
    assert "meter" in replace(JOB, meter="3/4").unused_inputs
    assert "meter" not in replace(JOB, meter="3/4", model="sketch").unused_inputs
    assert set(INPUTS) <= {field.name for field in fields(Job)}


def test_what_an_option_sets_counts_where_it_was_typed():
    song = replace(JOB, model="ace_step", settings={"steps": 0, "repaint": "", "cover": "a song"})
    assert set(song.used_inputs) & {"steps", "repaint", "cover"} == {"steps", "cover"}
    assert song.given_settings == {"steps": 0, "cover": "a song"}


def test_remarks_are_the_models_and_no_part_of_the_job():
    odd = replace(JOB, prompt="[soft] ♪ La ♪", settings={"voice": "v2/fr_speaker_0"})
    assert [remark.split(",")[0] for remark in odd.remarks] == [
        "in the prompt",
        "the voice v2/fr_speaker_0 speaks French",
    ]
    settings = {"negative_prompt": "vocals", "cfg_scale": 1.0}
    (unheard,) = replace(JOB, model="stable_audio", settings=settings).remarks
    assert unheard == "the negative prompt does nothing at cfg_scale 1"
    assert "remarks" not in odd.to_json()


def test_seeds_differ_and_fit_every_generator():
    seeds = {
        derived_seed(song, segment, model, take)
        for song in ("a", "b") for segment in range(20) for model in MODELS for take in range(1, 9)
    }  # fmt: skip
    assert len(seeds) == 2 * 20 * len(MODELS) * 8
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_seeds_and_hashes_are_the_same_in_every_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from secondtake.core.jobs import Job, derived_seed, inputs_hash\n"
        f"job = {JOB!r}\n"
        "print(derived_seed('mine', 10, 'bark', 2), inputs_hash(job, 'lock', {'b': '2', 'a': '1'}))"
    )
    command = [sys.executable, "-c", code, str(SRC)]
    remarks = set()
    for seed in ("0", "1", "2"):
        environ = {"PYTHONHASHSEED": seed}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
        remarks.add(done.stdout)
    job = f"{derived_seed('mine', 10, 'bark', 2)} {inputs_hash(JOB, 'lock', {'a': '1', 'b': '2'})}"
    assert remarks == {job + "\n"}


def test_derived_seeds_never_change_between_versions():
    assert derived_seed("whispers_del_futuro", 10, "bark", 1) == 455450752


@pytest.mark.parametrize("field", sorted(OTHER))
def test_everything_that_decides_the_sound_is_hashed(field):
    base = inputs_hash(JOB, "lock", {"text": "1"})
    assert inputs_hash(replace(JOB, **{field: OTHER[field]}), "lock", {"text": "1"}) != base


def test_lock_weights_and_recipe_are_hashed_and_the_title_is_not(monkeypatch):
    base = inputs_hash(JOB, "lock", {"text": "1"})
    assert set(OTHER) == {field.name for field in fields(Job)} - {"title", "meter"}
    assert inputs_hash(replace(JOB, title="Uno"), "lock", {"text": "1"}) == base
    assert inputs_hash(JOB, "other", {"text": "1"}) != base
    assert inputs_hash(JOB, "lock", {"text": "2"}) != base
    monkeypatch.setitem(MODELS, "bark", replace(MODELS["bark"], generation_version=99))
    assert inputs_hash(JOB, "lock", {"text": "1"}) != base


@pytest.mark.parametrize("meter", ["", *METERS])
@pytest.mark.parametrize("model", MODELS)
def test_a_meter_is_hashed_where_it_is_said_and_heeded_alone(model, meter):
    without = replace(JOB, model=model)
    job = replace(without, meter=meter)
    same = inputs_hash(job, "lock", WEIGHTS) == inputs_hash(without, "lock", WEIGHTS)
    heeded = bool(meter) and "meter" in MODELS[model].supports
    assert same is not heeded and job.decides_by_meter is heeded
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_hashes_of_jobs_without_a_meter_are_what_they_were(monkeypatch):
    monkeypatch.setitem(MODELS, "bark", replace(MODELS["bark"], generation_version=2))
    assert inputs_hash(JOB, "lock", WEIGHTS) == BEFORE_METERS
