"""scripts/rank_takes.py, run as people run it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.runner.test_rank_song import hear, three, verify

from secondtake.runner.rank_song import best_link

SCRIPT = Path(__file__).parents[2] / "scripts" / "rank_takes.py"
CALL = "import runpy, sys; sys.argv = sys.argv[1:]; import generate_hum; "
CALL += 'runpy.run_path(sys.argv[0], run_name="__main__")'
__all__ = ["three"]  # a fixture


@pytest.fixture
def rank(hum):
    """Run the script in a Python that knows the humming model."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        song = ["--song", "songs/hum.toml"]
        return subprocess.run(
            [sys.executable, "-c", CALL, str(SCRIPT), *song, *arguments],
            env={"PYTHONPATH": f"{hum.root / 'scripts'}:{hum.root / 'src'}", "PATH": "",
                 "SECONDTAKE_ROOT": str(hum.root)},
            capture_output=True, text=True, check=False, cwd=hum.root,
        )  # fmt: skip

    return run


def test_the_best_is_told_written_and_linked(hum, three, rank):
    verify(hum)
    for job in three:
        hear(hum, job, cer=0.3 * (4 - job.take))
    done = rank()
    assert (done.returncode, done.stderr) == (0, "")
    assert "segment 2, Hum: best of 3 is take 3 (words: " in done.stdout
    assert best_link(hum.root / "results" / "hum", "hum_segment2_verse", three[2].name)
    before = (hum.root / "results" / "hum" / "ranking.json").read_bytes()
    assert json.loads(rank("--json").stdout)["groups"][0]["best"] == three[2].name
    assert (hum.root / "results" / "hum" / "ranking.json").read_bytes() == before


def test_a_changed_judgement_moves_the_link(hum, three, rank):
    verify(hum)
    rank()
    results = hum.root / "results" / "hum"
    assert best_link(results, "hum_segment2_verse", three[0].name)
    verify(hum, one=[{"name": "silence", "verdict": "fail", "figure": 1.0}])
    rank()
    assert best_link(results, "hum_segment2_verse", three[1].name)


def test_without_takes_there_is_nothing_to_choose(hum, rank):
    done = rank()
    assert done.returncode == 0
    assert "nothing to choose" in done.stdout


def test_a_song_that_is_not_there_is_bad_input(hum, rank):
    done = rank("--song", "songs/none.toml")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
