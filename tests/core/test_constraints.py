"""What a model would refuse is refused when it is planned: file, segment, model, key, remedy."""

import random
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from secondtake.core import constraints
from secondtake.core.constraints import check_job
from secondtake.core.errors import UnsupportedError, UserError
from secondtake.core.plan import Request, list_jobs, plan
from secondtake.core.prompts.espeak_voices import VOICES
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import load_song

ROOT = Path(__file__).parents[2]
SONG = """
title = "T"
style = "lofi, soft female vocals"
languages = {languages}
bpm = {bpm}
[[segment]]
number = 4
kind = "{kind}"
title = "a"
seconds = {seconds}
models = ["{model}"]
{segment}
[segment.{model}]
{share}
"""
FOLLOWING = 'checkpoint = "melody"\nmelody = "baseline"'
LONG_LYRICS = "We laugh at the chaos, we play with the luck. " * 10


@pytest.fixture(autouse=True)
def no_accelerator(monkeypatch):
    monkeypatch.setattr(constraints, "accelerators", dict)
    monkeypatch.setattr(constraints, "fastest_device", lambda supported: "cpu")
    monkeypatch.setattr(constraints, "processor_computes", lambda dtype: dtype != "int8")


def written(project, model, share="", seconds=10, lyrics="", segment="", bpm=120, languages="en"):
    path = project.root / "songs" / "mine.toml"
    kind = "verse" if lyrics else "instrumental"
    segment += f"\nlyrics = {lyrics!r}" if lyrics else ""
    path.write_text(SONG.format(**{**locals(), "languages": languages.split()}), encoding="utf-8")
    return load_song(path, project)


def stable(share, message, seconds=10):
    return ("stable_audio", share, {"seconds": seconds}, message)


def sung(model, message, share="", lyrics="La la la", **song):
    return (model, share, {"lyrics": lyrics, **song}, message)


REFUSED = [
    # Seconds
    stable("", "seconds: 48 s is longer than the 47.5 s that open-1.0 makes at once; add longer",
           48),
    stable("", 'add longer = "continue" (by hand: --longer continue)', 47.56),
    stable('checkpoint = "open-small"', "seconds: 11.9 s is longer than the 11.8 s that open-s",
           11.9),
    stable('checkpoint = "3-small-music"', "120 s that 3-small-music makes at once, and it conti",
           120.1),
    stable('checkpoint = "3-small-music"\nlonger = "continue"', "ask for at most 120 s", 300),
    stable("seconds = 50", "seconds: 50 s is longer than the 47.5 s"),
    ("sketch", "", {"seconds": 0.5}, "seconds: 0.5 s is shorter than the 1 s that built-in mak"),
    ("sketch", "", {"seconds": 241}, "seconds: 241 s is longer than the 240 s that built-in ma"),
    # Tempo
    ("sketch", "", {"bpm": 39}, "bpm: 39 is outside the 40 to 240 of sketch; give the segment"),
    ("sketch", "", {"segment": "bpm = 241"}, "bpm: 241 is outside the 40 to 240 of sketch"),
    ("sketch", "", {"bpm": 180, "segment": 'meter = "6/8"'},
     "bpm: 180 is outside the 40 to 160 of sketch in 6/8; give the segment bpm = a number from 40"),
    # Samplers
    stable('checkpoint = "open-small"\nsampler = "dpmpp-3m-sde"',
           "sampler: open-small has no 'dpmpp-3m-sde'; use one of: pingpong, euler, rk4, dpmpp"),
    stable('sampler = "pingpong"', "sampler: open-1.0 has no 'pingpong'; use one of: dpmpp-3m-sde"),
    stable('checkpoint = "3-small-music"\nsampler = "rk4"', "use one of: pingpong, euler, dpmpp"),
    # Schedules
    stable("steps = 1", "steps: dpmpp-3m-sde needs two steps; use 2 or more"),
    stable('sampler = "dpmpp-2m-sde"\nsteps = 1', "steps: dpmpp-2m-sde needs two steps"),
    stable("sigma_min = 5\nsigma_max = 1", "sigma_min: noise levels that do not fall to 0 (dpmp"),
    stable('sampler = "k-heun"\nsigma_min = 3\nsigma_max = 3', "sigma_min 3, sigma_max 3)"),
    stable("sigma_min = 1\nsigma_max = 1.0025\nsteps = 900", "no noise between the levels"),
    # Arithmetic
    stable('mode = "exact"\ndtype = "bfloat16"', "dtype: exact is computed in float32, bfloat16"),
    stable('dtype = "float16"', "dtype: float16 is not computed on cpu, only on cuda and mps; use"),
    stable('dtype = "int8"', "dtype: this processor has no instructions for int8; use one of:"),
    # Melody
    ("musicgen", 'melody = "baseline"', {"segment": 'baseline = "data/a.wav"'},
     "melody: the checkpoint small has no melody; choose one that has it: --checkpoint musicgen=m"),
    ("musicgen", FOLLOWING, {"segment": 'baseline = "data/a.wav"'},
     "melody: the baseline data/a.wav cannot be read: No such file or directory; bring it in: "
     "invoke import-baseline FILE --segment 4 --song "),
    ("musicgen", FOLLOWING, {},
     "segment 4 has no baseline to follow"),
    # Words
    sung("bark", "seconds: 100 words asked in 14 s; about 32 fit; shorten the lyrics, or give th",
         lyrics=LONG_LYRICS, seconds=14),
    sung("bark", "prompt: nothing in '♪ ♪' is sung; write the words", 'prompt = "♪ ♪"'),
    sung("sketch", "seconds: 100 words asked in 5 s", lyrics=LONG_LYRICS, seconds=5),
    sung("sketch", "languages: espeak-ng does not speak 'tlh'; ", languages="tlh en"),
    sung("sketch", "languages: espeak-ng does not speak 'art'", languages="art"),
    sung("sketch", "'norwegian'; did you mean 'no'? it speaks", languages="Norwegian"),
    sung("sketch", "'spanish'; did you mean 'es'? it speaks", languages="SPANISH"),
    sung("sketch", "lyrics: nothing in them is sung; add the words", lyrics="…"),
    sung("sketch", "lyrics: nothing in them is sung; add the words", lyrics="🔥 – 🔥"),
    # Voices
    sung("bark", "voice: 'voices/none.npz' is no file", 'voice = "voices/none.npz"'),
    sung("bark", "voice: voices/empty.npz is no .npz file", 'voice = "voices/empty.npz"'),
    sung("bark", "voice: Bark has no voice 'v2/en_speaker_99'", 'voice = "v2/en_speaker_99"'),
]  # fmt: skip


@pytest.mark.parametrize(("model", "share", "song", "message"), REFUSED)
def test_it_is_refused_with_its_place_and_a_remedy(project, model, share, song, message):
    (project.root / "voices").mkdir()
    (project.root / "voices" / "empty.npz").touch()
    with pytest.raises(UserError) as caught:
        plan(written(project, model, share, **song), Request())
    error = str(caught.value)
    assert f"songs/mine.toml: segment 4: {model}" in error and message in error
    assert "\n" not in error and len(error) < 900


ACCEPTED = [
    stable("", "", 47.5),
    stable('longer = "continue"', "", 600),
    stable('checkpoint = "open-small"\nlonger = "continue"', "", 12),
    stable('checkpoint = "open-small"\nsampler = "rk4"\nsteps = 1', "", 11.8),
    stable('checkpoint = "3-small-music"', "", 120),
    stable('sampler = "v-ddim"\nsteps = 1\nsigma_min = 10\nsigma_max = 1', ""),
    stable('sampler = "dpmpp-2m"\nsteps = 1', ""),
    stable("sigma_min = 0.001\nsigma_max = 1000\nsteps = 1000", ""),
    stable('mode = "exact"\ndtype = "float32"', ""),
    stable('dtype = "bfloat16"\nnegative_prompt = "vocals"\ncfg_scale = 1', ""),
    ("musicgen", "guidance = 1\ntop_k = 1", {"seconds": 600}, ""),
    ("sketch", "", {"seconds": 240, "bpm": 240}, ""),
    ("sketch", "", {"seconds": 1, "bpm": 40}, ""),
    ("sketch", "", {"bpm": 160, "segment": 'meter = "6/8"'}, ""),
    ("sketch", "", {"bpm": 240, "segment": 'meter = "3/4"'}, ""),
    ("sketch", "", {"languages": "tlh"}, ""),  # nothing is said in it
    sung("sketch", "", languages="zh-TW"),
    sung("sketch", "", languages="en es tlh"),
    sung("bark", "", lyrics=LONG_LYRICS, seconds=44),
    sung("bark", "", languages="tlh"),
    sung("bark", "", 'prompt = "[laughs]"'),
]


@pytest.mark.parametrize("tag", ["{}", "{}-XX", "{}_Latn_YY"])
def test_every_language_that_espeak_has_is_planned_with_a_region_or_without(project, tag):
    codes = [*VOICES, *map(str.upper, VOICES)]
    segments = "".join(
        f'[[segment]]\nnumber = {number}\nkind = "verse"\ntitle = "a"\nseconds = 9\n'
        f'models = ["sketch"]\nlyrics = "la la"\nlanguages = ["{tag.format(code)}"]\n'
        for number, code in enumerate(codes)
    )
    path = project.root / "songs" / "mine.toml"
    path.write_text(f'title = "T"\n{segments}', encoding="utf-8")
    jobs = plan(load_song(path, project), Request())
    assert [job.languages for job in jobs] == [(tag.format(code),) for code in codes]
    assert {"zh": "cmn", "no": "nb", "en": "en-us"}.items() <= VOICES.items()


@pytest.mark.parametrize("code", ["tlh", "xx", "klingon", "zxx", "english", "xx-EN", "tlh_US"])
def test_other_languages_are_refused_for_the_song_and_for_a_segment(project, code):
    for own in (False, True):
        song = written(
            project, "sketch", lyrics="la la", languages="en" if own else code,
            segment=f'languages = ["{code}"]' if own else "",
        )  # fmt: skip
        with pytest.raises(UserError, match="segment 4: sketch: languages: espeak-ng does not"):
            plan(song, Request())


@pytest.mark.parametrize(("model", "share", "song", "_"), ACCEPTED)
def test_what_a_model_does_is_planned(project, model, share, song, _):
    (job,) = plan(written(project, model, share, **song), Request())
    assert job.model == model


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"checkpoints": {"stable_audio": "open-small"}}, "open-small has no 'k-lms'"),
        ({"settings": {"steps": 1, "sampler": "dpmpp-3m-sde"}}, "steps: dpmpp-3m-sde needs two"),
        ({"settings": {"mode": "exact", "dtype": "bfloat16"}}, "dtype: exact is computed in"),
        ({"device": "cuda"}, "--device: this machine shows no cuda; use --device auto or cpu"),
        ({"device": "mps"}, "--device: this machine shows no mps"),
    ],
)
def test_what_is_given_by_hand_is_refused_too(project, wish, message):
    song = written(project, "stable_audio", 'sampler = "k-lms"')
    assert plan(song, Request())
    with pytest.raises(UserError, match=message):
        plan(song, Request(**wish))


def test_a_checkpoint_given_by_hand_may_do_what_the_songs_own_cannot(project):
    song = written(project, "stable_audio", seconds=100)
    with pytest.raises(UserError, match="100 s is longer"):
        plan(song, Request())
    (job,) = plan(song, Request(checkpoints={"stable_audio": "3-small-music"}))
    assert job.checkpoint == "3-small-music"
    assert list_jobs(song, Request())  # of which pages are written after such a run


def test_a_model_of_one_device_runs_there_whatever_is_asked(project):
    (job,) = plan(written(project, "sketch"), Request(device="cuda"))
    assert job.model == "sketch"


def test_a_card_computes_other_types(project, monkeypatch):
    monkeypatch.setattr(constraints, "accelerators", lambda: {"cuda": "NVIDIA"})
    monkeypatch.setattr(constraints, "fastest_device", lambda supported: "cuda")
    song = written(project, "stable_audio", 'dtype = "int8-weights"')
    with pytest.raises(UserError, match="int8-weights is not computed on cuda, only on cpu"):
        plan(song, Request())
    assert plan(song, Request(device="cpu"))
    assert plan(written(project, "stable_audio", 'dtype = "bfloat16"'), Request(device="cuda"))


def test_every_take_of_a_refused_segment_is_refused_and_checked_once(project, monkeypatch):
    checked = []
    monkeypatch.setattr(constraints, "check_job", lambda job, device: checked.append(job.take))
    assert len(plan(written(project, "sketch"), Request(takes=99))) == 99
    assert checked == [1]


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_every_checkpoints_limits_are_of_parameters_that_its_model_has(model):
    parameters = {parameter.name: parameter for parameter in model.parameters}
    for checkpoint in model.checkpoints:
        assert 0 <= checkpoint.shortest_seconds < checkpoint.longest_seconds
        assert checkpoint.continued_seconds in (0, 600)
        assert not checkpoint.continued_seconds or "longer" in parameters
        for name, values in checkpoint.choices.items():
            assert set(values) <= set(parameters[name].choices)
            assert model.settings(checkpoint, {})[name] in values
    for parameter in model.parameters:
        assert set(parameter.devices) <= set(parameter.choices)
        assert {d for ds in parameter.devices.values() for d in ds} <= set(model.devices)


def test_random_jobs_are_planned_exactly_if_a_worker_would_take_them(project):
    """The worker's own check, on the jobs that a song and a command line can make."""
    chance, planned, refused = random.Random(11), 0, 0
    model = MODELS["stable_audio"]
    for _ in range(600):
        settings = {
            parameter.name: chance.choice(parameter.choices)
            for parameter in model.parameters
            if parameter.choices and chance.random() < 0.4
        }
        settings |= {"steps": chance.choice((1, 2, 8, 1000)), "sigma_min": chance.choice((0.3, 5))}
        settings["sigma_max"] = chance.choice((1.0, 5.0, 500.0))
        checkpoint = chance.choice(model.checkpoints).name
        song = written(
            project, model.name, seconds=chance.choice((0.5, 11.85, 30, 47.55, 120, 600))
        )
        request = Request(checkpoints={model.name: checkpoint}, settings=settings)
        (job,) = list_jobs(song, request)
        try:
            check_job(job, "cpu")
        except UnsupportedError as error:
            refused += 1
            with pytest.raises(UserError) as caught:
                plan(song, request)
            assert f"{error.key}: {error.message}; {error.hint}" in str(caught.value)
        else:
            planned += 1
            assert plan(song, request) == (job,)
    assert planned > 50 and refused > 50


def test_a_worker_knows_the_number_of_its_card(project):
    (job,) = list_jobs(written(project, "stable_audio", 'dtype = "bfloat16"'), Request())
    check_job(job, "cuda:1")
    with pytest.raises(UnsupportedError, match="not computed on cuda:1"):
        check_job(replace(job, settings={**job.settings, "dtype": "int8"}), "cuda:1")


CASES = {
    "seconds": ("stable_audio", "", {"seconds": 48}),
    "sampler": ("stable_audio", 'checkpoint = "open-small"\nsampler = "dpmpp-3m-sde"', {}),
    "voice": ("bark", 'voice = "voices/empty.npz"', {"lyrics": "la la la"}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_models_script_refuses_it_in_a_dry_run(project, case):
    (project.root / "voices").mkdir()
    (project.root / "voices" / "empty.npz").touch()
    model, share, song = CASES[case]
    with suppress(UserError):  # the file is there
        written(project, model, share, **song)
    script = ROOT / "scripts" / f"generate_{model}.py"
    done = subprocess.run(
        [sys.executable, str(script), "--song", "songs/mine.toml", "--dry-run"],
        cwd=project.root, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("error: ") and f"segment 4: {model}: {case}: " in done.stderr
