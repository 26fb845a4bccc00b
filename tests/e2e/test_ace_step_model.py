"""ACE-Step 1.5 in its own environment, on tiny checkpoints in the formats of the real ones."""

import array
import json
import os
import shutil
import subprocess
import wave
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.tiny_weights import put_down

from secondtake.core.environ import child_environ
from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.takes import Take, read_record, record_path

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
PYTHON_VARIABLE = "SECONDTAKE_ACE_STEP_PYTHON"  # another environment than venv-ace-step
NOWHERE = "http://127.0.0.1:9"  # whoever asks the network is refused at once
CHECKPOINTS = ("turbo", "base", "sft", "xl-turbo")
GUIDED = ("base", "sft")
TURBO = "ACE-Step/Ace-Step1.5/acestep-v15-turbo"
TAKE = "ace_step_segment18_verse"
PAYLOAD = """
import os, sys, torch
class Payload:
    def __reduce__(self): return os.system, (f"touch {sys.argv[2]}",)
torch.save([torch.zeros(1, 8, 100), Payload()], sys.argv[1])
"""
# What a sum in another order may change: in latents of a standard deviation of 1.5, and in sound.
ROUNDING, SOUND_ROUNDING = 1e-5, 2e-6
HEARD = 5e-4  # of full scale: a change of one letter in a text is some 0.001 to 0.03


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest) -> str:
    chosen = os.environ.get(PYTHON_VARIABLE)
    return chosen or str(request.getfixturevalue("clone").python("ace_step"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, python: str) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    run(python, Project(folder), str(ROOT / "tests" / "tiny" / "ace_step.py"), str(folder))
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Project:
    """A project of its own, whose weights are the tiny ones."""
    root = tmp_path_factory.mktemp("ace_step")
    for name in ("scripts", "songs"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    put_down(project, ACE_STEP, tiny)
    return project


@pytest.fixture(scope="module")
def probe(python: str, project: Project, tiny: Path) -> dict[str, Any]:
    done = run(python, project, str(ROOT / "tests/e2e/ace_step_probe.py"), str(tiny))
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def files(python: str, project: Project, tiny: Path) -> dict[str, Any]:
    """The probe's facts about files."""
    done = run(python, project, str(ROOT / "tests/e2e/ace_step_files_probe.py"), str(tiny))
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run(
    python: str, project: Project, *arguments: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    environ = {**child_environ(project), "SECONDTAKE_ROOT": str(project.root)}
    environ |= {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    environ |= {"SECONDTAKE_CACHE": "", "OMP_NUM_THREADS": "2"}
    environ |= dict.fromkeys(("HF_ENDPOINT", "http_proxy", "https_proxy", "ALL_PROXY"), NOWHERE)
    done = subprocess.run(
        [python, *arguments], cwd=project.root, env=environ, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def play(python: str, project: Project, *arguments: str, code: int = 0) -> str:
    """What `nox -s ace_step -- --segment 18 …` runs."""
    page = ("scripts/generate_ace_step.py", "--segment", "18", "--steps", "2", "--force")
    done = run(python, project, *page, *arguments, code=code)
    return done.stdout + done.stderr


def take_of(project: Project, name: str = TAKE) -> Take:
    take = read_record(record_path(project.results, name))
    assert take is not None
    return take


# Beside AceStepPipeline


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_exact_latents_are_those_of_the_unmodified_pipeline(
    probe: dict[str, Any], checkpoint: str
) -> None:
    fact = probe["beside"][checkpoint]
    assert fact["texts"]
    by_seconds = fact["by_seconds"]
    assert len(by_seconds) == 6 and "14.0" in by_seconds
    assert [seconds for seconds, fact in by_seconds.items() if not fact["latents"]] == []


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_the_sound_is_the_pipelines_cut_to_the_frame(
    probe: dict[str, Any], checkpoint: str
) -> None:
    for seconds, fact in probe["beside"][checkpoint]["by_seconds"].items():
        frames, wanted = fact["frames"]
        assert frames == wanted, seconds
        assert fact["difference"] < SOUND_ROUNDING < 0.01 < fact["level"], seconds
        assert fact["peak"] == pytest.approx(10 ** (-1 / 20), abs=1e-6)


def test_lengths_at_which_the_pipeline_fails_are_made_too(probe: dict[str, Any]) -> None:
    fact = probe["where_theirs_fails"]
    assert "Sizes of tensors must match" in fact["theirs"]
    assert fact["frames"] == 105_600


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_everything_that_a_job_says_is_heard(probe: dict[str, Any], checkpoint: str) -> None:
    far = dict(probe["changed"][checkpoint])
    assert far.pop("again") == 0
    expected = {"seed", "prompt", "lyrics", "language", "bpm", "key", "meter", "steps", "shift"}
    guided = {"guidance_scale", "no guidance"} if checkpoint in GUIDED else set()
    assert set(far) == expected | guided
    assert {name: away for name, away in far.items() if away < HEARD} == {}


# Batches


@pytest.mark.parametrize("checkpoint", ["turbo", "base"])
def test_a_take_in_company_is_what_it_is_alone(probe: dict[str, Any], checkpoint: str) -> None:
    fact = probe["company"][checkpoint]
    for company in ("2", "4", "backwards"):
        assert fact[company] < ROUNDING < 1 < min(fact["apart"], fact["level"])


def test_takes_of_one_text_and_one_length_go_together_on_a_gpu(probe: dict[str, Any]) -> None:
    fact = probe["batches"]
    assert fact["usual"] == [4, 1, 1, 1] and fact["on"] == [1, 1, 4, 4]
    assert fact["away"] < SOUND_ROUNDING
    assert fact["refused"][0] == "unsupported" and "distilled" in fact["refused"][1]


def test_smaller_batches_where_memory_is_short(probe: dict[str, Any]) -> None:
    fact = probe["batches"]
    assert fact["halved"] == [4, 2, 1, 1, 2, 1, 1, 1]
    assert fact["away_halved"] < SOUND_ROUNDING
    assert fact["none"][0] == "memory" and "SECONDTAKE_LOW_MEMORY" in fact["none"][2]


def test_numbers_that_left_their_range_are_told(probe: dict[str, Any]) -> None:
    code, message, hint = probe["overflow"]
    assert code == "unsupported" and "float32" in message and "--mode exact" in hint


# Memory, and what is remembered


def test_a_prompt_is_encoded_once_and_weights_are_mapped(probe: dict[str, Any]) -> None:
    fact = probe["remembered"]
    assert fact["again"] and fact["forgotten"] and fact["timbre_once"]
    assert fact["read"] == [18, 18]  # 17 prompts, and the first once more
    assert fact["cached"] == 16 and fact["alive"] == 0  # encoders are let go at once
    assert fact["mapped"] and fact["dtypes"] == ["torch.bfloat16"]


def test_little_memory_holds_one_part_and_plays_the_same(probe: dict[str, Any]) -> None:
    assert probe["low_memory"] == {"same": True, "held": [1, True]}


def test_progress_tells_every_step(probe: dict[str, Any]) -> None:
    told = probe["told"]
    assert told[0] == ["reading the text", 0, 0]
    assert told[1:6] == [["denoising", step, 4] for step in range(5)]
    assert {phase for phase, _, _ in told[6:]} == {"decoding"}


def test_nothing_asks_the_network(probe: dict[str, Any]) -> None:
    assert probe["network"] == []


# Refusals


def test_texts_that_would_not_be_read_to_their_end_are_refused(files: dict[str, Any]) -> None:
    fact = files["too_long"]
    assert fact["edge"] == []
    for key, most in (("prompt", "256"), ("lyrics", "2048")):
        code, message, hint = fact[key]
        assert code == "unsupported" and f"more than the {most} that are read" in message
        assert "shorten" in hint


BAD = {  # what is wrong, and what must be named
    "cut short": ("acestep-v15-turbo/model.safetensors", "no file of tensors"),
    "no header": ("acestep-v15-turbo/model.safetensors", "no file of tensors"),
    "missing": ("acestep-v15-turbo/model.safetensors", "it lacks layers.1.mlp.up_proj.weight"),
    "no null condition": ("acestep-v15-turbo/model.safetensors", "null_condition_emb"),
    "foreign": ("acestep-v15-turbo/model.safetensors", "more.weight is none of its tensors"),
    "misshapen": ("acestep-v15-turbo/model.safetensors", "norm_out.weight is (31,), not (32,)"),
    "a shard": ("transformer/diffusion_pytorch_model.safetensors.index.json", "it lacks "),
    "autoencoder": ("vae/diffusion_pytorch_model.safetensors", "decoder.conv1.weight_g"),
    "text encoder": ("Qwen3-Embedding-0.6B/model.safetensors", "norm.weight is (2,), not (24,)"),
    "tokenizer": ("Qwen3-Embedding-0.6B/tokenizer.json", "is no tokenizer"),
    "no turbo": ("acestep-v15-turbo/config.json", "is_turbo is False"),
    "no base": ("acestep-v15-base/config.json", "is_turbo is True"),
    "no json": ("acestep-v15-sft/config.json", "is no configuration"),
    "lacks a size": ("acestep-v15-turbo/config.json", "head_dim"),
    "a text for a size": ("acestep-v15-turbo/config.json", "is no configuration"),
    "more layers": ("transformer/diffusion_pytorch_model.safetensors.index.json", "and 18 more"),
    "other latents": ("vae/config.json", "decoder_input_channels is 16"),
    "other rate": ("vae/config.json", "44100 Hz"),
    "silence of other channels": ("acestep-v15-turbo/model.safetensors", "silence_latent is"),
    "silence in a dictionary": ("acestep-v15-turbo/silence_latent.pt", "no latents"),
    "silence cut short": ("acestep-v15-turbo/silence_latent.pt", "no checkpoint"),
    "whole numbers": ("acestep-v15-turbo/silence_latent.pt", "holds no finite latents"),
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_are_not_the_models_are_named(files: dict[str, Any], name: str) -> None:
    assert set(files["damaged"]) == set(BAD)
    code, message, hint = files["damaged"][name]
    assert code == "bad_weights" and "\n" not in message
    assert all(words in message for words in BAD[name]), message
    assert "fetch" in hint


def test_silence_is_read_in_every_form_that_torch_writes(files: dict[str, Any]) -> None:
    fact = files["any_silence"]
    assert fact["older format"] == fact["view"] == 0
    assert 0 < fact["half"] < 0.1  # another rounding
    assert fact["short"] > HEARD  # it is repeated


def test_the_true_sizes_have_the_tensors_of_the_published_file(files: dict[str, Any]) -> None:
    assert files["true_sizes"] == {"tensors": 677, "parameters": 2_393_872_518}


# As a person types it


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_the_page_makes_a_take_with_its_record(
    python: str, project: Project, checkpoint: str
) -> None:
    output = play(python, project, "--checkpoint", checkpoint, "--mode", "exact", "--seed", "7")
    assert "warning" not in output.lower() and "it/s" not in output
    with wave.open(str(project.results / "local_models" / f"{TAKE}.wav")) as wav:
        shape = (wav.getnframes(), wav.getnchannels(), wav.getframerate())
        samples = array.array("h", wav.readframes(wav.getnframes()))
    assert shape == (720_000, 2, 48_000)
    assert max(map(abs, samples)) == round(10 ** (-1 / 20) * 32767)
    take = take_of(project)
    assert take.job.checkpoint == checkpoint and take.warnings == ()
    assert take.made.dtype == take.details["arithmetic"] == "float32"
    assert take.details["task"] == "text2music"
    assert "- bpm: 122\n" in take.details["text"] and "male vocals" in take.details["text"]
    assert take.details["lyrics"].startswith("# Languages\nen\n\n# Lyric\n[verse]\nWe laugh")
    gain = take.details["peak_normalisation"]
    assert gain["peak_dbfs"] == -1.0 and gain["gain_db"] != 0
    assert take.job.settings["guidance_scale"] == (7.0 if checkpoint in GUIDED else 1.0)
    assert take.job.settings["shift"] == (1.0 if checkpoint in GUIDED else 3.0)
    assert {"diffusers", "transformers", "torch"} <= set(take.made.versions)


@pytest.mark.parametrize("checkpoint", ["turbo", "xl-turbo"])
def test_the_fast_mode_measures_once_and_says_what_it_chose(
    python: str, project: Project, checkpoint: str
) -> None:
    play(python, project, "--checkpoint", checkpoint, "--seed", "7")
    first = take_of(project)
    assert first.made.dtype == first.details["arithmetic"]
    measured = list((project.cache / "measured").glob("ace_step-*.json"))
    play(python, project, "--checkpoint", checkpoint, "--seed", "7")
    assert take_of(project).wav.sha256 == first.wav.sha256
    assert list((project.cache / "measured").glob("ace_step-*.json")) == measured != []


def test_another_process_makes_the_same_bytes(python: str, project: Project) -> None:
    wav = project.results / "local_models" / f"{TAKE}.wav"
    play(python, project, "--mode", "exact", "--takes", "2", "--seed", "7")
    hashes = sha256_of(wav), sha256_of(wav.with_stem(f"{TAKE}_take2"))
    play(python, project, "--mode", "exact", "--seed", "8")
    assert sha256_of(wav) == hashes[1] != hashes[0]  # the second take's seed, alone


@pytest.mark.parametrize(
    "words, problem, remedy",
    [
        (("--guidance-scale", "5"), "has its guidance distilled", "ace_step=base or sft"),
        (("--mode", "exact", "--dtype", "int8"), "exact is computed in float32", "--mode fast"),
        (("--dtype", "float16"), "float16 is not computed on cpu", "only on cuda and mps"),
    ],
)
def test_what_cannot_be_computed_is_refused(
    python: str, project: Project, words: tuple[str, ...], problem: str, remedy: str
) -> None:
    output = play(python, project, *words, code=2)
    assert "segment 18: ace_step: " in output and "Traceback" not in output
    assert problem in output and remedy in output


@pytest.mark.parametrize("file", ["silence_latent.pt", "model.safetensors"])
def test_a_file_that_was_damaged_since_is_named(
    python: str, project: Project, tiny: Path, file: str
) -> None:
    (path,) = project.hub_cache.rglob(f"{TURBO.rpartition('/')[2]}/{file}")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    try:
        output = play(python, project, code=1)
    finally:
        put_down(project, ACE_STEP, tiny)
    assert file in output and "is damaged: sha256" in output
    assert "invoke fetch --models ace_step" in output and "Traceback" not in output


def test_a_planted_payload_is_refused_and_not_run(
    python: str, project: Project, tiny: Path, tmp_path: Path
) -> None:
    canary, planted = tmp_path / "canary", tmp_path / "tiny"
    shutil.copytree(tiny / "ACE-Step", planted / "ACE-Step")
    run(python, project, "-c", PAYLOAD, str(planted / TURBO / "silence_latent.pt"), str(canary))
    put_down(project, ACE_STEP, planted)  # as if the hub itself had served it
    try:
        output = play(python, project, code=1)
    finally:
        put_down(project, ACE_STEP, tiny)
    assert "posix.system" in output and "silence_latent.pt" in output
    assert not canary.exists()
