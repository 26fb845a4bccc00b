"""MusicGen in its own environment, on tiny checkpoints in the exact formats of the real ones.

On simulated devices too, where it draws the processor's tokens.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile
from tests.e2e.bark_project import ROOT, run
from tests.e2e.processors import PROCESSORS, computing_on
from tests.e2e.tiny_weights import put_down

from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.musicgen import MUSICGEN

pytestmark = pytest.mark.e2e
PYTHON_VARIABLE = "SECONDTAKE_MUSICGEN_PYTHON"  # another environment than the clone's
CASES = (
    "usual", "another seed", "another prompt", "short", "few to choose from", "cold", "hot",
    "much guided", "not guided", "no words",
)  # fmt: skip


@pytest.fixture(scope="session")
def musicgen_python(request: pytest.FixtureRequest) -> str:
    """The Python of an environment that MusicGen runs in."""
    chosen = os.environ.get(PYTHON_VARIABLE)
    return chosen or str(request.getfixturevalue("clone").python("musicgen"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, musicgen_python: str) -> Project:
    """A project whose weights are MusicGen's tiny ones, as if they had been fetched."""
    root = tmp_path_factory.mktemp("musicgen")
    for name in ("scripts", "songs"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    run(musicgen_python, project, str(ROOT / "tests" / "tiny" / "musicgen.py"), str(project.cache))
    put_down(project, MUSICGEN, project.cache)
    return project


@pytest.fixture(scope="module")
def facts(musicgen_python: str, project: Project) -> dict[str, Any]:
    probe = ROOT / "tests" / "e2e" / "musicgen_probe.py"
    done = run(musicgen_python, project, str(probe), str(project.cache), "everything")
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module", params=PROCESSORS)
def arithmetics(
    request: pytest.FixtureRequest, musicgen_python: str, project: Project
) -> dict[str, Any]:
    probe = ROOT / "tests" / "e2e" / "musicgen_probe.py"
    with computing_on(request.param):
        done = run(musicgen_python, project, str(probe), str(project.cache), "arithmetics")
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def devices(musicgen_python: str, project: Project) -> dict[str, Any]:
    probe = ROOT / "tests" / "e2e" / "musicgen_device_probe.py"
    done = run(musicgen_python, project, str(probe), str(project.cache))
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("checkpoint", ["beside_transformers", "melody_beside_transformers"])
@pytest.mark.parametrize("case", CASES)
def test_tokens_and_sound_are_those_of_transformers(
    facts: dict[str, Any], checkpoint: str, case: str
) -> None:
    fact = facts[checkpoint][case]
    assert fact["tokens"] and fact["heard"] > 10
    assert fact["difference"] <= 1e-5 < 0.01 < fact["loudest"]


@pytest.mark.parametrize("checkpoint", ["beside_transformers", "melody_beside_transformers"])
def test_the_cases_say_what_they_are_meant_to(facts: dict[str, Any], checkpoint: str) -> None:
    """Prompts, seeds and settings are heard, or equality would prove nothing of them."""
    lines = [tuple(fact["line"]) for fact in facts[checkpoint].values() if "line" in fact]
    assert len(lines) == len(CASES) == len(set(lines))


@pytest.mark.parametrize("checkpoint", ["beside_transformers", "melody_beside_transformers"])
def test_going_on_from_given_frames_is_what_transformers_does(
    facts: dict[str, Any], checkpoint: str
) -> None:
    assert facts[checkpoint]["going on"] == {"tokens": True, "kept": True}


@pytest.mark.parametrize("tune", ["short", "other rate", "long"])
def test_a_melody_is_followed_as_transformers_follows_it(facts: dict[str, Any], tune: str) -> None:
    fact = facts["with_a_melody"][tune]
    assert fact["tokens"] and fact["difference"] <= 1e-5
    assert fact["classes"] == [1, 3, 5, 7, 9, 11]  # six whole tones from A
    assert fact["line"] != facts["melody_beside_transformers"]["usual"]["line"]
    assert fact["details"]["seconds"] == (40.0 if tune == "long" else 3.0)


def test_a_recording_is_resampled_as_torchaudio_resamples_it(facts: dict[str, Any]) -> None:
    assert len(facts["resampling"]) == 4 and all(facts["resampling"].values())


def test_only_the_named_stretch_of_the_named_file_is_followed(facts: dict[str, Any]) -> None:
    fact = facts["with_a_melody"]
    assert fact["stretch"] == {"file": "long.wav", "from_seconds": 4.0, "seconds": 5.0}
    assert fact["changed"][0] == "unsupported" and "changed" in fact["changed"][1]
    code, message, hint = fact["past its end"]
    assert code == "unsupported" and "40.5 s" in message and "start and end" in hint
    assert fact["missing"][0] == "unsupported" and "import-baseline" in fact["missing"][2]


def test_jobs_played_together_are_what_they_are_alone(facts: dict[str, Any]) -> None:
    fact = facts["together"]
    assert "float32" in fact["as_alone"]
    for arithmetic, same in fact["as_alone"].items():
        assert len(same) == 6 and all(same.values()), arithmetic
    assert fact["exact_is_fast_in_float32"]
    assert facts["melody_together"] == [True] * 4


def test_a_melody_needs_its_checkpoint_and_the_others_go_on(facts: dict[str, Any]) -> None:
    code, message, hint = facts["together"]["refused"]
    assert code == "unsupported" and "no melody" in message and "musicgen=melody" in hint


def test_progress_tells_how_many_are_played(facts: dict[str, Any]) -> None:
    assert {"tokens", "tokens, 5 takes", "sounds"} <= set(facts["together"]["stages"])
    assert facts["together"]["steps_end"]


def test_a_long_take_goes_on_in_windows(facts: dict[str, Any]) -> None:
    fact = facts["windows"]
    assert fact["frames"] == [round(3.3 * 32_000), round(2.1 * 32_000)]
    assert fact["windows"] == [4, 3] and fact["as_alone"] == [True, True]
    assert fact["planned"] == [[0, 0, 60], [36, 24, 60], [72, 24, 60], [108, 24, 57]]
    assert fact["starts"] == [[0.0, 1.2, 1.92, 2.64], [0.0, 1.2, 1.92]]
    assert fact["begins_as_one_window"]


def test_each_window_follows_its_part_of_the_tune(facts: dict[str, Any]) -> None:
    fact = facts["melody_windows"]
    assert fact["frames"] == 80_000 and fact["windows"] == 3 and fact["differ"]
    assert fact["begins"] == [9, 1, 5] and fact["again"]  # A, two notes on, four notes on


def test_the_codec_in_windows_is_the_codec_at_once(facts: dict[str, Any]) -> None:
    fact = facts["codec"]
    assert fact["difference"]["8"] < 1e-6 * max(1.0, fact["loudest"])
    assert fact["difference"]["0"] > 1e-3  # without context it would be heard


def test_every_kind_of_file_is_read(facts: dict[str, Any]) -> None:
    assert facts["pickled"] == 25_600  # medium: torch's own format
    assert facts["older"]["new"] == [True, 25_600]  # today's names; the tiny files have the old
    assert facts["older"]["half"][1] == 25_600  # 16 bits
    assert facts["in_shards"] == {".safetensors": True, ".bin": True}


@pytest.mark.parametrize(("cut", "lacks"), [("cut", "lm_heads.2"), ("no codec", "EnCodec")])
def test_a_file_that_lacks_something_says_what(facts: dict[str, Any], cut: str, lacks: str) -> None:
    code, message, hint = facts["older"][cut]
    assert code == "bad_weights" and lacks in message and "invoke fetch" in hint


def test_what_was_measured_is_kept_and_decides(arithmetics: dict[str, Any]) -> None:
    fact = arithmetics
    assert sorted(fact["compared"]) == fact["wanted"] and fact["read_back"]
    assert fact["compared"]["float32"]["divergence"] == 0
    for name, measurement in fact["compared"].items():
        assert name == "float32" or 0 < measurement["divergence"] < 0.1, name
        assert measurement["same_choice"] > 0.9, name
    assert fact["compared"][fact["chosen"]]["divergence"] <= 0.02


def test_little_memory_holds_one_part_and_plays_the_same(facts: dict[str, Any]) -> None:
    assert facts["low_memory"] == {"same": [True, True], "held": 1}


def test_length_is_exact_and_the_record_says_how(facts: dict[str, Any]) -> None:
    assert facts["length"] == [round(0.613 * 32_000), 0.0, [19_616, 1]]
    assert facts["details"]["frames"] == 31 and facts["details"]["windows"] == 1
    assert facts["details"]["arithmetic"] == "float32"


def test_a_prompt_that_is_not_read_to_its_end_is_warned_of(facts: dict[str, Any]) -> None:
    assert any("512 tokens" in warning for warning in facts["long_words"])


def test_the_page_makes_the_same_take_again(
    facts: dict[str, Any], musicgen_python: str, project: Project
) -> None:
    def play(*more: str) -> Path:
        words = ("scripts/generate_musicgen.py", "--segment", "7", "--mode", "exact", *more)
        run(musicgen_python, project, *words)
        (path,) = project.results.rglob("musicgen_segment7_instrumental.wav")
        return path

    path = play()
    first = sha256_of(path)
    samples, rate = soundfile.read(path, always_2d=True)
    assert rate == 32_000 and samples.shape[1] == 1 and abs(samples).max() > 0.01
    assert sha256_of(play("--force")) == first
    assert sha256_of(play("--seed", "5")) != first


@pytest.mark.parametrize("case", ["unguided", "eight", "going on"])
def test_a_card_draws_the_tokens_of_a_processor(devices: dict[str, Any], case: str) -> None:
    """And leaves the generators where a processor does; a second window uses the same graphs."""
    assert devices["card"][case]["same"] == [True, True]
    assert devices["card"][case]["warned"] == []


def test_a_card_follows_what_is_read_before_the_tokens(devices: dict[str, Any]) -> None:
    assert devices["melody"]["same"] == [True, True] and devices["melody"]["warned"] == []


@pytest.mark.parametrize("case", ["unguided", "eight", "going on"])
def test_a_step_is_one_launch_and_no_wait(devices: dict[str, Any], case: str) -> None:
    """Waits are for what each window uploads, and for two blocks of steps."""
    counts, steps = devices["card"][case]["counts"], devices["steps"]
    assert counts["replays"] == steps and counts["waits"] < steps


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_halves_draw_tokens_that_there_are(devices: dict[str, Any], precision: str) -> None:
    assert devices["halves"][precision]


def test_a_mac_draws_the_tokens_and_decodes_on_its_processor(devices: dict[str, Any]) -> None:
    assert devices["mac"]["same"]
    assert devices["mac"]["places"] == {"codec": "cpu", "text encoder": "cpu", "decoder": "mps"}


def test_takes_and_components_are_as_many_as_there_is_room_for(devices: dict[str, Any]) -> None:
    """Of four rows; the text encoder leaves the card when the decoder needs its room."""
    assert devices["room"] == {"least": True, "takes": [4, 2], "loaded": [1, 1]}


def test_a_batch_without_memory_is_halved_and_draws_the_same(devices: dict[str, Any]) -> None:
    """The generators begin the window anew."""
    fact = devices["out of memory"]
    assert fact["errors"] == [] and fact["far"] < 1e-4
    assert fact["warned"] == ["no memory for 3 takes at once on cuda: 1 at a time"]
