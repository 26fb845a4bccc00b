"""The stages between the models of a run, and at its end: what each finds, says and leaves."""

import os
import signal

import pytest
from tests.runner.humming import (
    START,
    add_drone,
    children,
    ends_soon,
    start,
    stop,
    wait_for,
    write_song,
)
from tests.runner.test_commands import STAGES, judging, study

from secondtake.core.outcomes import Outcome, OutcomeFiles, read_outcomes
from secondtake.core.takes import wav_path
from secondtake.runner.study import WAITING

HUM, DRONE = "hum_segment1_instrumental", "drone_segment1_instrumental"
# A stage that notes what it finds: the takes, and the outcomes of those that are not there.
NOTES = """
import json, pathlib
results, log = pathlib.Path("results/hum"), pathlib.Path("passes.log")
files = [json.loads(path.read_text()) for path in sorted(results.glob("outcomes/*.json"))]
states = {{name: end["status"] for file in files for name, end in file["outcomes"].items()}}
with log.open("a") as out:
    print("{name}", *sorted(f"{{name}}={{state}}" for name, state in states.items()), file=out)
print("{name} was asked")
"""
STUDY = f"""{START}
page = importlib.util.spec_from_file_location("drone", "scripts/generate_drone.py")
page.loader.exec_module(importlib.util.module_from_spec(page))
from secondtake.core.plan import Request
from secondtake.runner import commands, environments
environments.ANALYSIS_IMPORTS = ()
raise SystemExit(commands.run(lambda: commands.study(
    "songs/hum.toml", Request(), evaluate=True, force=False, dry_run=False, as_json=False)))
"""


@pytest.fixture
def two(hum, monkeypatch):
    """A song for two models: Hum, whose environment is the lighter one, and Drone."""
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")
    add_drone(hum, monkeypatch)
    write_song(hum, "calm", models=("hum", "drone"))
    judging(hum, monkeypatch)
    for name in STAGES:
        (hum.root / "scripts" / f"{name}.py").write_text(NOTES.format(name=name))
    before = signal.getsignal(signal.SIGTERM)
    yield hum
    signal.signal(signal.SIGTERM, before)


def passes(project):
    """The notes of the stages."""
    log = project.root / "passes.log"
    return log.read_text().splitlines() if log.exists() else []


def test_the_pages_are_written_after_each_model_and_at_the_end(two, capfd):
    stale = Outcome("blocked", "network", "nobody answers", "connect")  # of the run before
    OutcomeFiles(two.results / "hum").record("drone", {DRONE: stale})
    assert study(evaluate=True) == 0
    first, last = f"{DRONE}=waiting {HUM}=done", f"{DRONE}=done {HUM}=done"
    assert passes(two) == [f"{name} {state}" for state in (first, last) for name in STAGES]
    out, errors = capfd.readouterr()
    page = "results/hum/listen.html"
    line = f"→ listen meanwhile: {page} (still to come: Drone)"
    between = out.partition(f"✓ {HUM}: done")[2].partition("\nDrone\n")[0].splitlines()[1:]
    assert [text for text in between if text and "venv-analysis" not in text] == [line]
    assert "was asked" not in errors
    for name in STAGES:  # in full, once, at the end
        assert out.count(f"{name} was asked") == 1
        assert out.index(f"✓ {DRONE}: done") < out.index(f"{name} was asked")


@pytest.mark.e2e
@pytest.mark.parametrize("models", [("hum",), ("drone",)])
def test_with_one_model_to_make_there_is_one_pass(two, capfd, models):
    assert study(evaluate=False, models=("hum",)) == 0
    assert passes(two) == []  # takes that are not judged have no pages
    assert study(evaluate=True, models=("hum", *models)) == 0
    assert len(passes(two)) == len(STAGES)
    assert "still to come" not in capfd.readouterr().out


ONCE = "import pathlib, sys\nseen = pathlib.Path('seen')\nif not seen.exists():\n    seen.touch()\n"


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "mishap", "words"),
    [
        ("analyse_results", "    raise ValueError('a bug')\n", "ValueError: a bug"),
        ("write_progress", "    sys.exit('error: disk full')\n", "error: disk full"),
        ("rank_takes", "    import os; os.kill(os.getpid(), 9)\n", "was killed by SIGKILL"),
    ],
)
def test_a_stage_that_fails_in_between_is_shown_and_done_again(two, capfd, name, mishap, words):
    (two.root / "scripts" / f"{name}.py").write_text(ONCE + mishap + NOTES.format(name=name))
    assert study(evaluate=True) == 0
    out, errors = capfd.readouterr()
    assert words in (out + errors)
    assert wav_path(two.results / "hum", DRONE).is_file() and f"{name} was asked" in out
    assert ("still to come" in out) == (name != "write_progress")


@pytest.mark.e2e
@pytest.mark.parametrize(("obstacle", "code"), [("lock", 3), ("folder", 2)])
def test_without_an_analysis_environment_the_run_goes_on(two, capfd, obstacle, code):
    if obstacle == "lock":
        two.lock("analysis").write_text("this is no lock\n")
    else:
        two.environment("analysis").mkdir()
    assert study(evaluate=True) == code
    out = capfd.readouterr().out
    assert out.count("■ verify, analyse, listen: ") == 2  # it is tried again at the end
    assert [note.split()[0] for note in passes(two)] == ["rank_takes", "write_progress"] * 2
    assert f"✓ {DRONE}: done" in out and "still to come: Drone" in out


@pytest.mark.e2e
def test_a_verdict_is_no_failure_and_decides_at_the_end(two, capfd):
    script = NOTES.format(name="verify_results") + "raise SystemExit(1)\n"
    (two.root / "scripts" / "verify_results.py").write_text(script)
    assert study(evaluate=True) == 1
    assert "✗" not in capfd.readouterr().out


@pytest.mark.e2e
def test_ctrl_c_in_between_keeps_everything(two):
    script = two.root / "scripts" / "analyse_results.py"
    script.write_text("import time\nopen('passes.log', 'a').close()\ntime.sleep(60)\n")
    process = start(STUDY)
    try:
        wait_for(process, f"✓ {HUM}: done")
        while not (two.root / "passes.log").exists() or len(children(process.pid)) != 1:
            assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        running = children(process.pid)
        _, errors = process.communicate(timeout=20)
    finally:
        stop(process)
    assert process.returncode == 130 and "interrupted; what is finished is kept" in errors
    assert ends_soon(running)
    results = two.results / "hum"
    assert wav_path(results, HUM).is_file() and not wav_path(results, DRONE).exists()
    outcomes = read_outcomes(results)
    assert (outcomes[HUM].status, outcomes[DRONE]) == ("done", WAITING)
