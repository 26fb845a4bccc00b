"""A recorded job as the registry and the files of today can do it again."""

from dataclasses import replace

import pytest
from tests.core.takes_of_hum import first_job, make, store

from secondtake.core.errors import ModelError, UserError
from secondtake.core.files import sha256_of
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Parameter
from secondtake.core.take_files import discard_take
from secondtake.core.takes import takes_folder
from secondtake.runner.job_sources import device_for, job_of_today
from secondtake.runner.take_lookup import find_take

NAME = "hum_segment1_instrumental"


@pytest.fixture
def take(hum):
    return make(hum, first_job(hum))


def again(hum, take, **settings):
    job = replace(take.job, settings={**take.job.settings, **settings})
    return job_of_today(find_take(hum, "hum", NAME), replace(take, job=job), "cpu")


def test_a_job_that_can_be_done_as_it_is_stays_as_it_is(hum, take):
    assert again(hum, take) == take.job


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "yodel"}, "no model 'yodel' any more"),
        ({"checkpoint": "huge"}, "no checkpoint 'huge' any more"),
        ({"settings": {"mood": "calm", "pitch": 3}}, "no setting pitch any more"),
        ({"settings": {"mood": "calm", "pitch": 3, "vibrato": "wide"}}, "pitch and vibrato"),
    ],
)
def test_what_the_registry_no_longer_has_is_named_with_where_to_find_it(hum, take, change, words):
    old = replace(take, job=replace(take.job, **change))
    with pytest.raises(ModelError, match=words) as error:
        job_of_today(find_take(hum, "hum", NAME), old, "cpu")
    assert error.value.code == "environment"
    assert f"git log --oneline -- src/secondtake/core/registry/{old.job.model}.py" in (
        error.value.hint
    )


def test_a_setting_that_was_empty_and_is_gone_decides_nothing(hum, take):
    assert again(hum, take, repaint="") == take.job


def test_a_later_parameter_has_its_default(hum, take, monkeypatch):
    hum_model = MODELS["hum"]
    parameters = (*hum_model.parameters, Parameter("pitch", 3, "how high"))
    monkeypatch.setitem(MODELS, "hum", replace(hum_model, parameters=parameters))
    assert again(hum, take).settings == {"mood": "calm", "pitch": 3}


@pytest.fixture
def with_melody(monkeypatch):
    """The humming model hums after a recording, and after a voice in a file."""
    parameters = (
        *MODELS["hum"].parameters,
        Parameter("melody", "", "a recording"),
        Parameter("voice", "", "a voice"),
    )
    monkeypatch.setitem(MODELS, "hum", replace(MODELS["hum"], parameters=parameters))


def setting_of(hum, path, stretch="@0-0.5"):
    return f"{hum.relative(path)}{stretch}@sha256:{sha256_of(path)}"


@pytest.mark.parametrize("stretch", ["@0-0.5", "@1.25-", ""])
def test_a_recording_is_found_by_its_bytes_wherever_it_lies_beside(hum, take, with_melody, stretch):
    recording = hum.root / "data" / "my song.ogg"
    recording.parent.mkdir()
    recording.write_bytes(b"sound")
    setting = setting_of(hum, recording, stretch)
    assert again(hum, take, melody=setting).settings["melody"] == setting
    moved = recording.rename(recording.with_name("renamed.ogg"))
    recording.write_bytes(b"another sound")
    assert again(hum, take, melody=setting).settings["melody"] == setting_of(hum, moved, stretch)
    moved.unlink()
    with pytest.raises(ModelError, match=r"data/my song.ogg .* is another sound now") as error:
        again(hum, take, melody=setting)
    assert "put the recording back" in error.value.hint
    recording.unlink()
    with pytest.raises(ModelError, match="which is gone"):
        again(hum, take, melody=setting)


def test_a_take_is_found_by_its_bytes_as_an_earlier_one_and_in_the_bin(hum, with_melody):
    first = store(hum, first_job(hum), b"old")
    folder = takes_folder(hum.results / "hum")
    setting = setting_of(hum, folder / first.wav.file)
    take = store(hum, first_job(hum, seed=3), b"new")  # which has the name now
    earlier = first.named(first.earlier_name)
    found = again(hum, take, melody=setting).settings["melody"]
    assert found == setting_of(hum, folder / earlier.wav.file)
    binned = discard_take(hum.results / "hum", earlier)
    assert again(hum, take, melody=setting).settings["melody"] == setting_of(hum, binned)
    binned.unlink()
    with pytest.raises(ModelError, match="is another sound now") as error:
        again(hum, take, melody=setting)
    assert "make that take again first" in error.value.hint


def test_the_device_is_the_records_if_that_is_here(hum, take, monkeypatch):
    monkeypatch.setattr("secondtake.runner.job_sources.accelerators", lambda: {"cuda": "a card"})
    on = {name: replace(take, made=replace(take.made, device=name)) for name in ("cuda:1", "mps")}
    assert device_for(take, "") == "cpu"
    assert device_for(on["cuda:1"], "") == "cuda"
    assert device_for(on["mps"], "") == "auto"
    assert device_for(on["mps"], "CUDA") == "cuda"
    for wrong, words in (("mps", "shows no mps"), ("gpu", "no device 'gpu'")):
        with pytest.raises(UserError, match=words):
            device_for(take, wrong)
