"""A rerun with nothing to do starts no interpreter, says the same, and ends with the same code."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.runner.humming import snapshot
from tests.runner.test_commands import SONG, STAGE, STAGES, judging, study

from secondtake.core import file_hashes
from secondtake.core.takes import wav_path
from secondtake.runner import child_process, commands, environments, maintenance, stages
from secondtake.runner.child_process import GUARD

pytestmark = pytest.mark.e2e  # whole programs, one after the other

ORDER = ("understand", "verify", "rank", "analyse", "listen", "report")
TO_STDERR = 'import sys\nprint("{words}", file=sys.stderr)\n'


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Files count as settled at once, and no test depends on free memory."""
    monkeypatch.setattr(file_hashes, "SETTLED_NS", 0)
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")


@pytest.fixture
def started(monkeypatch):
    """The programs that are started, by the names of their files."""
    names = []

    class Counted(subprocess.Popen):
        def __init__(self, command, *arguments, **options):
            if str(GUARD) in command:  # else it is one of Python's own
                names.append(Path(command[command.index(str(GUARD)) + 3]).name)
            super().__init__(command, *arguments, **options)

    monkeypatch.setattr(child_process.subprocess, "Popen", Counted)
    return names


def run_stage(stage, *options):
    return commands.run(lambda: commands.run_stage(SONG, stage, list(options)))


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("codes", [{}, {"verify": 1}])
def test_a_whole_study_again(hum, monkeypatch, capfd, started, as_json, codes):
    judging(hum, monkeypatch, **codes)
    code = study(evaluate=True, as_json=as_json)
    first = capfd.readouterr()
    assert code == codes.get("verify", 0)
    study(evaluate=True, as_json=as_json)  # the takes are up to date from now on
    before = snapshot(hum.results)
    capfd.readouterr()
    started.clear()
    assert study(evaluate=True, as_json=as_json) == code
    again = capfd.readouterr()
    assert started == []
    place = 1 if as_json else 0
    for name in STAGES:
        line = f"{name} was asked ['--song', '{hum.root / SONG}']\n"
        assert line in first[place] and line in again[place]
    if as_json:
        assert json.loads(again.out)["stages"] == json.loads(first.out)["stages"]
    after = snapshot(hum.results)
    assert after == before


@pytest.mark.parametrize(
    ("stage", "options", "scripts"),
    [
        ("verify", [], ["verify_results.py", "rank_takes.py"]),
        ("verify", ["--json"], ["verify_results.py", "rank_takes.py"]),
        ("rank", [], ["rank_takes.py"]),
        ("rank", ["--json"], ["rank_takes.py"]),
        ("analyse", ["--naive"], ["rank_takes.py", "analyse_results.py"]),
        ("listen", [], ["rank_takes.py", "prepare_listening.py", "write_progress.py"]),
        ("report", [], ["rank_takes.py", "write_progress.py"]),
        ("report", ["--check"], ["write_progress.py"]),
    ],
)
def test_one_stage_again(hum, monkeypatch, capfd, started, stage, options, scripts):
    judging(hum, monkeypatch)
    assert commands.run(lambda: maintenance.setup(("analysis",))) == 0
    started.clear()
    capfd.readouterr()
    assert run_stage(stage, *options) == 0
    first = capfd.readouterr().out
    assert started == scripts
    assert run_stage(stage, *options) == 0
    assert capfd.readouterr().out == first and started == scripts


@pytest.mark.parametrize(
    ("text", "code", "again"),
    [
        (TO_STDERR.format(words="    listening to a"), 0, False),
        (TO_STDERR.format(words="    listening to a"), 1, False),  # and the verdict is: failed
        (TO_STDERR.format(words="warning: a link is a file of yours"), 0, True),
        (TO_STDERR.format(words="error: no space left on device"), 1, True),
        ("raise ValueError('a bug')\n", 1, True),
        *(("", code, True) for code in (2, 3, 77)),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", 1, True),
    ],
)
def test_a_stage_that_could_not_do_its_work_is_started_again(
    hum, monkeypatch, capfd, started, text, code, again
):
    judging(hum, monkeypatch)
    script = text + STAGE.format(name="rank_takes", code=code)
    (hum.root / "scripts" / "rank_takes.py").write_text(script)
    assert run_stage("rank") == code
    first = capfd.readouterr().out
    assert run_stage("rank") == code
    assert capfd.readouterr().out == first
    assert started == ["rank_takes.py"] * (2 if again else 1)


@pytest.mark.parametrize("stage", ["verify", "rank", "report"])
def test_a_stage_runs_after_its_take_changed(hum, monkeypatch, started, stage):
    judging(hum, monkeypatch)
    study(segments=(1,))
    run_stage(stage)
    started.clear()
    run_stage(stage)
    assert started == []
    with wav_path(hum.results / "hum", "hum_segment1_instrumental").open("ab") as wav:
        wav.write(b"\0\0")
    run_stage(stage)
    assert len(started) == (1 if stage == "rank" else 2)


def test_an_environment_that_is_not_wanted_is_not_built(hum, monkeypatch, started, capsys):
    judging(hum, monkeypatch)
    study(evaluate=True)
    study(evaluate=True)

    def refuse(*arguments):
        raise AssertionError("nothing is to be built")

    monkeypatch.setattr(stages, "prepare_environment", refuse)
    assert study(evaluate=True) == 0
    (hum.root / "venv-analysis").unlink()
    assert study(evaluate=True) == 70
    assert "nothing is to be built" in capsys.readouterr().err


def test_bytes_that_are_no_text_arrive_twice(hum, monkeypatch, capfdbinary):
    judging(hum, monkeypatch)
    script = "import sys\nsys.stdout.buffer.write(bytes(range(128, 256)) + b'\\n')\n"
    (hum.root / "scripts" / "rank_takes.py").write_text(script)
    run_stage("rank", "--json")
    first = capfdbinary.readouterr().out
    run_stage("rank", "--json")
    assert capfdbinary.readouterr().out == first


def test_the_stages_follow_each_other_so_that_a_second_run_has_nothing_to_do():
    """What one stage writes and another reads is written first."""
    from secondtake.runner.stamps import STAGES as TABLE

    assert tuple(TABLE) == ORDER
    for place, later in enumerate(ORDER):
        for earlier in ORDER[:place]:
            assert set(TABLE[earlier].unread) >= set(TABLE[later].writes)


def test_results_that_cannot_be_written_give_no_stamp_and_no_error(hum, monkeypatch, started):
    judging(hum, monkeypatch)
    (hum.results / "hum").mkdir(parents=True)
    (hum.results / "hum" / ".stamps").write_text("a file where the folder should be")
    assert run_stage("rank") == 0 and run_stage("rank") == 0
    assert started == ["rank_takes.py"] * 2
    assert not (hum.root / environments.FOLDER).exists()
