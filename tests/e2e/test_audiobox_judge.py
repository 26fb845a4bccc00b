"""Audiobox Aesthetics in its own environment, on tiny weights in the formats of the real ones."""

import json
import os
import shutil
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.e2e.bark_project import ROOT, ask, run
from tests.e2e.tiny_weights import put_down

from secondtake.core.files import sha256_of
from secondtake.core.judge_jobs import judge_jobs
from secondtake.core.judgments import find_judgment, judge_identity, judgment_path
from secondtake.core.plan import Request, list_jobs
from secondtake.core.project import Project
from secondtake.core.registry.audiobox import AUDIOBOX
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Provenance, Take, Wav, wav_path, write_record
from secondtake.core.weights import verified_weights
from secondtake.judges.damage import DAMAGES

pytestmark = pytest.mark.e2e
PYTHON_VARIABLE = "SECONDTAKE_AUDIOBOX_PYTHON"  # another environment than the clone's
NAMES = [scale.name for scale in AUDIOBOX.scales]
CHECKPOINT = AUDIOBOX.checkpoint("all-axes")
RATE = 8000  # of the take


@pytest.fixture(scope="session")
def audiobox_python(request: pytest.FixtureRequest) -> str:
    """The Python of an environment that the judge runs in."""
    chosen = os.environ.get(PYTHON_VARIABLE)
    return chosen or str(request.getfixturevalue("clone").python("audiobox"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, audiobox_python: str) -> Project:
    """A project whose weights are the tiny ones, as if they had been fetched."""
    root = tmp_path_factory.mktemp("audiobox")
    for name in ("scripts", "songs", "requirements"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    script = ROOT / "tests" / "tiny" / "audiobox.py"
    run(audiobox_python, project, str(script), str(project.cache))
    put_down(project, AUDIOBOX, project.cache)
    return project


@pytest.fixture(scope="module")
def facts(audiobox_python: str, project: Project) -> dict[str, Any]:
    return ask(audiobox_python, project, "audiobox_probe.py")


@pytest.fixture(scope="module")
def song(project: Project) -> Song:
    """The demo song with a take of the sketch of its first segment, 12 s of a tone."""
    song = load_song(project.root / "songs" / "demo.toml", project)
    (job,) = list_jobs(song, Request(models=("sketch",), segments=(1,)))
    path = wav_path(song.results, job.name)
    path.parent.mkdir(parents=True)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(12 * RATE) / RATE)
    soundfile.write(path, tone, RATE)
    wav = Wav(path.name, sha256_of(path), path.stat().st_size, 12 * RATE, 1, RATE)
    made = Provenance("2026-01-01T00:00:00+00:00", 1.5, 0.5, "cpu", "float32", 1, "x", {})
    write_record(song.results, Take(job, "", "", {}, wav, made, (), {}))
    return song


@pytest.mark.parametrize(
    "case",
    ["short", "a window", "a sample more", "long", "five windows", "a click", "silence", "loud"],
)
def test_scores_are_those_of_the_authors_predictor(facts: dict[str, Any], case: str) -> None:
    fact = facts["beside_theirs"][case]
    assert fact["axes"] == sorted(fact["ours"]) == ["CE", "CU", "PC", "PQ"]
    assert fact["difference"] < 1e-4
    assert facts["device"] == ["cpu", "float32"] and facts["precision"] == "bf16"


def test_the_cases_are_heard_to_differ(facts: dict[str, Any]) -> None:
    """Or equal scores would prove nothing."""
    scores = np.array([list(fact["ours"].values()) for fact in facts["beside_theirs"].values()])
    assert (np.ptp(scores, axis=0) > 0.1).all()
    assert len(np.unique(scores.round(4), axis=0)) == len(scores)


def test_a_window_is_10_s_and_the_last_one_the_rest(facts: dict[str, Any]) -> None:
    assert facts["beside_theirs"]["long"]["windows"] == [[0, 10], [10, 20], [20, 25.3]]
    assert facts["beside_theirs"]["a window"]["windows"] == [[0, 10]]


def test_files_and_stretches_of_them_are_heard_mono_at_16_khz(facts: dict[str, Any]) -> None:
    (frames, difference), (shorter, further) = facts["as_heard"].values()
    assert frames == round(12 * 16_000 * 16_000 / 44_100) and shorter == 2.5 * 16_000
    assert max(difference, further) < 1e-4


def test_the_pickle_gives_the_same_scores_by_its_own_settings(facts: dict[str, Any]) -> None:
    assert facts["from_pickle"] == {"same": True}


def test_the_batch_decides_nothing(facts: dict[str, Any]) -> None:
    assert facts["in_company"] < 1e-4


def test_damaged_copies_are_judged_as_recordings_of_their_own(facts: dict[str, Any]) -> None:
    fact = facts["with_damage"]
    words = [kind.words for kind in DAMAGES]
    assert fact["kinds"] == dict.fromkeys(NAMES, words)
    assert fact["plain"] == [0] * len(NAMES)
    assert fact["same_otherwise"] and fact["heard"] and fact["apart"] < 1e-4


def test_progress_counts_the_windows_of_all_copies(facts: dict[str, Any]) -> None:
    steps = facts["with_damage"]["steps"]
    done = [step[1] for step in steps]
    assert {(step[0], step[2]) for step in steps} == {("listening, windows", 3 * 9)}
    assert done[0] == 0 and done[-1] == 3 * 9 and done == sorted(done)


def test_the_shape_of_the_published_weights_is_the_authors_own(facts: dict[str, Any]) -> None:
    """Their configuration is derived from the tensors, and their file has as many bytes."""
    fact = facts["of_the_true_shape"]
    assert fact["same_wavlm"] is True
    assert fact["bytes"] == CHECKPOINT.weights[0].bytes


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("a tensor less", "layers.1.fc2.weight"),
        ("a tensor more", 'Unexpected key(s) in state_dict: "more"'),
        ("no WavLM", "layer_norm.weight"),
        ("another shape", "size mismatch"),
        ("not a number", "not a number"),
        ("an axis less", "mean"),
        ("no points", "NaN"),
        ("no spread", "PQ has a mean of 1.0 and a spread of 0.0"),
        ("too many layers", "proj_num_layer is 1000000000"),
        ("another activation", "ValueError"),
        ("a list", "list"),
        ("cut off", "cut.safetensors is no file of tensors"),
        ("a pickle without settings", "settings.pt"),
    ],
)
def test_weights_that_are_none_of_its_are_refused(
    facts: dict[str, Any], case: str, words: str
) -> None:
    code, message, hint = facts["refused"][case]
    assert (code, hint) == ("bad_weights", "type: invoke setup --judges audiobox")
    assert words in message and "\n" not in message and len(message) < 500


def test_recordings_that_cannot_be_heard_are_named(facts: dict[str, Any]) -> None:
    assert facts["unheard"]["no samples"][0] == facts["unheard"]["not a number"][0] == "unsupported"
    assert all("heard.wav" in facts["unheard"][case][1] for case in ("no samples", "not a number"))
    assert "none.wav: no such file" in facts["unheard"]["no file"][0]


def test_its_script_judges_a_song_once(audiobox_python: str, project: Project, song: Song) -> None:
    """A take as it is, its baseline with its damaged copies; nothing a second time."""
    words = ("scripts/judge_audiobox.py", "--song", "songs/demo.toml", "--device", "cpu")
    done = run(audiobox_python, project, *words)
    assert "2 of 2" in done.stdout and not done.stderr
    weights = verified_weights(project, AUDIOBOX, CHECKPOINT)
    found = {}
    for job in judge_jobs(song, AUDIOBOX, CHECKPOINT.name):
        lock = json.loads(judgment_path(song.results, job).read_text())["identity"]["lock_sha256"]
        identity = judge_identity(AUDIOBOX.version, weights.hashes, lock)
        stored = find_judgment(project, song.results, job, identity)
        assert stored is not None
        found[job.recording] = stored.judgment
    take, baseline = found["sketch_segment1_intro"], found["baseline_segment1"]
    assert sorted(take.scales) == sorted(baseline.scales) == sorted(NAMES)
    assert take.windows == ((0.0, 10.0), (10.0, 12.0)) and baseline.windows == ((0.0, 10.0),)
    for name in NAMES:
        assert len(take.scales[name].values) == 2 and not take.scales[name].others
        assert baseline.scales[name].others.keys() == {kind.words for kind in DAMAGES}
    again = run(audiobox_python, project, *words)
    assert "nothing new to hear" in again.stdout
