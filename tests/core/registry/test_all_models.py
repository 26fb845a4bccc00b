"""The registry: every entry is complete, and parameters are checked."""

import re
from dataclasses import replace

import pytest

from secondtake.core.errors import UserError
from secondtake.core.registry.all_models import MODELS, find_model
from secondtake.core.registry.spec import DEVICES, Checkpoint, Parameter
from secondtake.core.validation import SAFE_NAME
from secondtake.core.weights import INDEX

STEPS = Parameter("steps", 10, "how many", low=1, high=100, kind=int)
SCALE = Parameter("scale", 1.0, "how much", low=0.0, high=2.0, kind=float)
MOOD = Parameter("mood", "calm", "how", choices=("calm", "wild"))
VOICE = Parameter("voice", "", "who")


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_every_entry_is_complete(model):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", model.name) and MODELS[model.name] is model
    assert model.roles and set(model.roles) <= {"vocal", "instrumental", "song"}
    assert model.sample_rate >= 2 * model.bandwidth_hz * 0.9 and model.channels in (1, 2)
    assert model.devices and set(model.devices) <= set(DEVICES) - {"auto"}
    assert model.imports and model.environment_bytes > 0 and model.generation_version >= 1
    names = [checkpoint.name for checkpoint in model.checkpoints]
    assert names and len(set(names)) == len(names) and all(map(SAFE_NAME.fullmatch, names))


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_every_parameter_accepts_its_own_defaults(model):
    names = {parameter.name for parameter in model.parameters}
    reserved = {"prompt", "seconds", "checkpoint", "seed", "song", "segment", "takes", "device"}
    assert not names & (reserved | {"force", "dry_run", "worker", "help"})
    for checkpoint in model.checkpoints:
        assert set(checkpoint.defaults) <= names
        values = model.settings(checkpoint, {})
        for parameter in model.parameters:
            assert parameter.check(values[parameter.name], "default") == values[parameter.name]
            assert parameter.kind is str or None not in (parameter.low, parameter.high)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_every_weight_can_be_fetched_and_told_from_the_others(model):
    for checkpoint in model.checkpoints:
        keys = [weight.key for weight in checkpoint.weights]
        assert len(set(keys)) == len(keys)
        for weight in checkpoint.weights:
            assert bool(weight.repository) != bool(weight.url)
            assert re.fullmatch(r"|[0-9a-f]{64}", weight.sha256)
            assert weight.url.startswith("https://") or weight.repository


def test_the_floor_needs_nothing_and_there_is_one():
    floors = [model for model in MODELS.values() if model.is_control]
    assert [model.name for model in floors] == ["sketch"]
    assert not floors[0].checkpoints[0].weights and floors[0].note


def test_settings_are_chosen_else_the_checkpoints_else_the_models():
    model = MODELS["stable_audio"]
    small = model.checkpoint("open-small")
    assert model.settings(small, {"steps": 3})["steps"] == 3
    assert model.settings(small, {})["steps"] == small.defaults["steps"]
    plain = model.settings(model.checkpoint(""), {})
    assert plain == {parameter.name: parameter.default for parameter in model.parameters}


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        (STEPS, 0, "x: 0 is outside 1 to 100"),
        (STEPS, 1.0, "x: expected a whole number, got 1.0"),
        (STEPS, True, "x: expected a whole number, got True"),
        (STEPS, "5", "x: expected a whole number, got '5'"),
        (SCALE, float("nan"), "x: nan is outside 0 to 2"),
        (SCALE, float("inf"), "x: inf is outside 0 to 2"),
        (SCALE, 10**400, "is outside 0 to 2"),
        (SCALE, None, "x: expected a number, got None"),
        (MOOD, "clam", "x: 'clam' is no choice; did you mean 'calm'? known: calm, wild"),
        (MOOD, ["calm"], "x: expected text, got ['calm']"),
        (VOICE, "a\nb", r"x: 'a\nb' is no line of at most 1000 visible characters"),
        (VOICE, "x" * 1001, "is no line of at most 1000"),
    ],
)
def test_a_wrong_value_is_refused(parameter, value, message):
    with pytest.raises(UserError) as error:
        parameter.check(value, "x")
    assert message in str(error.value) and len(str(error.value)) < 200


def test_a_right_value_has_the_parameters_own_kind():
    assert STEPS.check(5, "x") == 5
    assert isinstance(SCALE.check(1, "x"), float)
    assert (MOOD.check("wild", "x"), VOICE.check("v2/é", "x")) == ("wild", "v2/é")


def test_unknown_names_have_neighbours():
    with pytest.raises(UserError, match=r"--models: no model 'barc'; did you mean 'bark'\?"):
        find_model("barc", "--models")
    with pytest.raises(UserError, match=r"did you mean 'large'\?"):
        MODELS["bark"].checkpoint("larg")


def test_a_parameter_may_mean_more_in_a_job_than_was_written(project):
    def settled(value, project, where):
        return f"{value} of {project.root.name}"

    assert replace(MOOD, parse=settled).job_value("calm", project, "x") == "calm of project"
    assert MOOD.job_value("calm", project, "x") == "calm"
    with pytest.raises(UserError, match="x: 'clam' is no choice"):
        replace(MOOD, parse=settled).job_value("clam", project, "x")


@pytest.mark.parametrize("voice", ["v2/en_speaker_10", "../en_speaker_1", "Pavarotti"])
def test_what_is_no_voice_is_refused_at_the_door(project, voice):
    parameter = next(p for p in MODELS["bark"].parameters if p.name == "voice")
    with pytest.raises(UserError, match="here: Bark has no voice"):
        parameter.job_value(voice, project, "here")


@pytest.mark.parametrize(("value", "name"), [("", "large"), ("0", "large"), ("True", "small")])
def test_a_switch_chooses_where_nobody_did(monkeypatch, value, name):
    bark = MODELS["bark"]
    monkeypatch.setenv("SUNO_USE_SMALL_MODELS", value)
    assert bark.default.name == bark.checkpoint("").name == name
    assert bark.checkpoint("large").name == "large"
    assert MODELS["stable_audio"].default is MODELS["stable_audio"].checkpoints[0]


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_every_switch_names_a_checkpoint(model):
    assert set(model.switches.values()) <= {checkpoint.name for checkpoint in model.checkpoints}


def test_less_memory_is_needed_only_where_it_was_measured():
    checkpoint = Checkpoint("x", "X", memory_bytes=8)
    assert checkpoint.needed_memory(low=True) == checkpoint.needed_memory(low=False) == 8
    assert replace(checkpoint, low_memory_bytes=3).needed_memory(low=True) == 3


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_no_shard_takes_the_key_of_another_file(model):
    for checkpoint in model.checkpoints:
        keys = {weight.key for weight in checkpoint.weights}
        for weight in checkpoint.weights:
            if any(variant.file.endswith(INDEX) for variant in weight.variants):
                assert not [key for key in keys if re.fullmatch(rf"{weight.key}\d+", key)]


def test_a_repository_is_asked_for_at_one_commit():
    weights = {w for model in MODELS.values() for c in model.checkpoints for w in c.weights}
    revisions = {(weight.repository, weight.revision) for weight in weights if weight.repository}
    assert len(revisions) == len({repository for repository, _ in revisions})
    pinned = [w for w in weights if w.repository and w.sha256]
    assert len(pinned) > 10  # what is published is pinned: by its hash, at its commit
    assert all(re.fullmatch(r"[0-9a-f]{40}", weight.revision) for weight in pinned)
