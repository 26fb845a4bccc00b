"""Stable Audio 3 in Stable Audio's environment, on tiny checkpoints in the format of the real ones.

BY_STABLE_AUDIO_3 is what Stability AI's own package for these checkpoints made of the tiny ones:
its sources at commit 636f906 of Stability-AI/stable-audio-3, which is on no package index, run with
torch 2.7.1 and transformers 5.23.0 on an x86-64 CPU: StableAudioModel.generate with seed 7,
4 steps, 2.345 s and the probe's prompt. Given are left and right of every 8500th frame from frame
1000 on. There, ours is the same, of Small Music to the bit; the text encoder computes in bfloat16,
whose roundings differ between processors, hence TOLERANCE: they move a frame by 0.0004, another
seed by 0.2.
"""

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
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.takes import read_record, record_path

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
PYTHON_VARIABLE = "SECONDTAKE_STABLE_AUDIO_PYTHON"  # another environment than venv-stable-audio
NOWHERE = "http://127.0.0.1:9"  # whoever asks the network is refused at once
CHECKPOINTS = ("3-small-music", "3-medium")
TAKE = "stable_audio_segment7_instrumental"
TOLERANCE = 0.002
CASES = (
    "pingpong", "pingpong, guided away from vocals", "euler, guided",
    "dpmpp, guided away from drums",
)  # fmt: skip
BY_STABLE_AUDIO_3 = {
    "3-small-music": (
        (
            (-0.18023, -0.11984), (0.00851, 0.02352), (0.20573, 0.17081), (-0.06706, -0.20494),
            (-0.41093, 0.23059), (0.02998, -0.17310), (0.11601, 0.01331), (-0.07370, 0.01802),
            (0.14885, -0.05591), (0.04145, 0.12613), (-0.21123, 0.06490), (0.28557, 0.14045),
        ),
        (
            (-0.22544, -0.15797), (-0.10361, 0.01159), (0.12126, 0.07902), (0.00238, -0.20238),
            (-0.31157, 0.23061), (0.09354, -0.11816), (0.20188, 0.09460), (-0.07928, 0.06236),
            (0.08847, -0.01876), (0.07423, 0.07878), (-0.04083, 0.07273), (0.25920, 0.13018),
        ),
        (
            (0.07618, -0.11121), (-0.20861, -0.08657), (0.23185, -0.03745), (-0.20020, -0.05560),
            (-0.30195, 0.16129), (0.34771, -0.31707), (0.03716, 0.22679), (-0.32876, 0.17227),
            (0.30269, 0.17725), (-0.05488, 0.19710), (-0.12036, 0.06841), (-0.11591, 0.05477),
        ),
        (
            (0.03677, 0.00917), (-0.25322, -0.15389), (0.18174, -0.08000), (-0.10725, -0.09353),
            (-0.19543, 0.17039), (0.32294, -0.29637), (-0.02057, 0.15854), (-0.33078, 0.23131),
            (0.22904, 0.17961), (-0.08612, 0.26398), (-0.18836, 0.17474), (-0.04322, 0.10237),
        ),
    ),
    "3-medium": (
        (
            (-0.28273, 0.06439), (-0.03371, -0.00166), (-0.20231, -0.22831), (0.08839, -0.04450),
            (-0.01955, 0.04704), (-0.04934, 0.02716), (0.01113, -0.23705), (-0.06086, -0.04074),
            (-0.22803, -0.03216), (-0.05508, -0.04980), (0.17623, 0.05562), (0.10845, 0.21063),
        ),
        (
            (-0.23331, 0.04332), (-0.02543, -0.01431), (-0.20415, -0.23413), (0.07895, -0.05085),
            (-0.05802, 0.03153), (-0.03717, 0.00910), (0.03746, -0.23542), (-0.06722, -0.05069),
            (-0.23763, -0.04768), (-0.05626, -0.05329), (0.19614, 0.05113), (0.10758, 0.21669),
        ),
        (
            (-0.01740, 0.13156), (-0.02398, -0.01752), (-0.12021, -0.22831), (-0.00278, -0.04607),
            (0.04368, 0.20279), (0.05950, -0.08224), (-0.00386, -0.18508), (-0.11906, -0.07493),
            (-0.50110, 0.00260), (-0.07364, 0.22691), (0.06769, 0.07438), (-0.04269, -0.11729),
        ),
        (
            (-0.02245, 0.15147), (0.01546, -0.01391), (-0.15302, -0.23629), (-0.00890, -0.03782),
            (0.05102, 0.21903), (0.07042, -0.08664), (0.00528, -0.22510), (-0.12566, -0.07179),
            (-0.48492, -0.02929), (-0.06083, 0.20228), (0.11513, 0.10773), (-0.10046, -0.13054),
        ),
    ),
}  # fmt: skip
# Latents of 4096 frames for so many seconds: 6 s more than asked, in pairs.
LATENTS = {
    "3-small-music": {"0.5": 70, "2.345": 90, "10": 174, "119": 1292},  # all that it can: 120 s
    "3-medium": {"0.5": 70, "2.345": 90, "10": 174, "119": 1346},
}


@pytest.fixture(scope="module", params=CHECKPOINTS)
def checkpoint(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest) -> str:
    chosen = os.environ.get(PYTHON_VARIABLE)
    return chosen or str(request.getfixturevalue("clone").python("stable_audio"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, python: str) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    run(python, Project(folder), str(ROOT / "tests" / "tiny" / "stable_audio_3.py"), str(folder))
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tiny: Path, checkpoint: str) -> Project:
    """A project of its own, with the tiny files where fetching would have put the real ones."""
    root = tmp_path_factory.mktemp("stable_audio_3")
    for name in ("scripts", "songs"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    put_down(project, STABLE_AUDIO, tiny, checkpoint)
    return project


@pytest.fixture(scope="module")
def facts(python: str, project: Project, tiny: Path, checkpoint: str) -> dict[str, Any]:
    probe = ROOT / "tests" / "e2e" / "stable_audio_3_probe.py"
    done = run(python, project, str(probe), str(tiny), checkpoint)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run(python: str, project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**child_environ(project), "SECONDTAKE_ROOT": str(project.root)}
    environ |= {"PYTHONPATH": str(ROOT / "src"), "SECONDTAKE_CACHE": ""}
    environ |= dict.fromkeys(("HF_ENDPOINT", "http_proxy", "https_proxy", "ALL_PROXY"), NOWHERE)
    done = subprocess.run(
        [python, *arguments], cwd=project.root, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.parametrize("case", range(len(CASES)), ids=CASES)
def test_sound_is_what_stable_audio_3_makes(
    facts: dict[str, Any], checkpoint: str, case: int
) -> None:
    theirs = BY_STABLE_AUDIO_3[checkpoint][case]
    ours = facts["known"][case]
    assert len(ours) == len(theirs)
    for ours_at, theirs_at in zip(ours, theirs, strict=True):
        assert ours_at == pytest.approx(theirs_at, abs=TOLERANCE)


def test_latents_are_what_stable_audio_tools_makes(facts: dict[str, Any]) -> None:
    fact = dict(facts["latent_differences"])
    guided = fact.pop("guided")
    # To the bit, whatever the sampler and the length: the same draws, in the same order.
    assert set(fact.values()) == {0.0}
    assert guided < 1e-4  # projected in float32 here, in float64 there


def test_sound_is_what_stable_audio_tools_makes(facts: dict[str, Any], checkpoint: str) -> None:
    fact = dict(facts["differences"])
    level, guided = fact.pop("level"), fact.pop("guided")
    assert level > 0.1
    # A sliding window is computed in blocks of another length here.
    assert max(fact.values()) <= {"3-small-music": 0.0, "3-medium": 1e-5 * level}[checkpoint]
    assert guided < 1e-4 * level


def test_a_sliding_window_is_flash_attentions(facts: dict[str, Any]) -> None:
    fact = facts["windows"]
    assert fact["definition"] < 2e-6 and fact["stable_audio_tools"] < 2e-6
    assert fact["unlike_full"] > 0.1  # without its window it would be another result


def test_the_layout_is_that_of_the_published_file(facts: dict[str, Any], checkpoint: str) -> None:
    weights = {weight.key: weight for weight in STABLE_AUDIO.checkpoint(checkpoint).weights}
    assert facts["true_bytes"] == weights["model"].bytes


def test_noise_is_the_takes_own(facts: dict[str, Any]) -> None:
    assert facts["undisturbed"]
    assert facts["drawn"] == {"untouched": True, "as_seeded": True}
    assert facts["details"]["noise_drawn_on"] == "cpu"


def test_every_number_is_from_the_file(facts: dict[str, Any]) -> None:
    assert facts["left_unfilled"] == []


def test_mode_exact_is_float32_and_every_arithmetic_makes_sound(facts: dict[str, Any]) -> None:
    assert facts["exact_off"] == 0.0
    fact = facts["by_arithmetic"]
    assert fact.pop("float32") == ["float32", 0.0]
    for name, (called, off) in fact.items():
        assert called == name and 0.0 < off < 2.0


def test_progress_tells_every_step(facts: dict[str, Any]) -> None:
    steps = [["denoising", step, 4] for step in range(5)]
    events = [said for said in facts["told"] if said[0] != "measuring arithmetics"]
    assert events == [*steps, ["decoding", 0, 0]]
    # 21 s are 228 latents: pieces of 128, of which two share 32 at least.
    assert facts["told_of_pieces"] == [["decoding", done, 3] for done in range(4)]


def test_seed_and_prompts_decide_whatever_was_played_before(facts: dict[str, Any]) -> None:
    assert facts["again_the_same"]
    assert not facts["seed_the_same"]
    assert not facts["prompt_the_same"]
    assert not facts["negative_the_same"]


def test_prompts_are_read_once_and_forgotten_in_turn(facts: dict[str, Any]) -> None:
    assert facts["asked_again"] == 20 + 1  # the first of 20 is no longer kept at the end


def test_the_length_follows_what_is_asked(facts: dict[str, Any], checkpoint: str) -> None:
    longest = STABLE_AUDIO.checkpoint(checkpoint).longest_seconds
    assert facts["shape"] == [round(2.345 * 44_100), 2] and facts["kind"] == "float32"
    assert facts["latents"] == LATENTS[checkpoint]
    assert facts["details"]["window_seconds"] == round(90 * 4096 / 44_100, 3)
    assert facts["longest"] == longest * 44_100
    code, message, hint = facts["too_long"]
    assert code == "unsupported" and checkpoint in message and f"{longest:g} s" in hint


def test_a_sampler_that_would_return_its_noise_is_refused(facts: dict[str, Any]) -> None:
    code, message, hint = facts["rk4"]
    assert code == "unsupported" and "'rk4'" in message
    assert hint == "use one of: pingpong, euler, dpmpp"


def test_the_page_makes_a_take_with_its_record(
    python: str, project: Project, checkpoint: str
) -> None:
    page = ("scripts/generate_stable_audio.py", "--segment", "7", "--checkpoint", checkpoint)
    wav = project.results / "local_models" / f"{TAKE}.wav"
    hashes = []
    for _ in range(2):  # another process makes the same bytes
        run(python, project, *page, "--steps", "2", "--seed", "7", "--force")
        hashes.append(sha256_of(wav))
    assert hashes[0] == hashes[1]
    with wave.open(str(wav)) as sound:
        assert (sound.getnframes(), sound.getnchannels(), sound.getframerate()) == (
            441_000,
            2,
            44_100,
        )
    take = read_record(record_path(project.results, TAKE))
    assert take is not None and take.job.checkpoint == checkpoint
    assert take.job.settings["sampler"] == "pingpong" and take.job.settings["cfg_scale"] == 1.0
