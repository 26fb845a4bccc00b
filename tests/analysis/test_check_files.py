"""The program that checks files of no song, as a person starts it."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

PROGRAM = Path(__file__).parents[2] / "scripts" / "check_files.py"
RATE = 22_050


@pytest.fixture
def main(project):
    spec = importlib.util.spec_from_file_location("check_files", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture
def good(tmp_path, sounds):
    """Drums of noise, no two of them the same."""
    path = tmp_path / "a b.ogg"
    beats = np.exp(-8 * (np.arange(4 * RATE) / RATE % 0.5))
    soundfile.write(path, sounds.pink(4, RATE) * beats, RATE)
    return path


@pytest.fixture
def silent(tmp_path):
    path = tmp_path / "silent.flac"
    soundfile.write(path, np.zeros(2 * RATE), RATE)
    return path


def test_a_good_file_is_exit_code_0_and_a_line(main, good, capsys):
    assert main([str(good)]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith(f"PASS  {good}")


def test_the_worst_comes_first_and_says_why(main, good, silent, capsys):
    assert main([str(good), str(silent)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"FAIL  {silent}")
    assert "fail: silence 1 of the file" in lines[1] and "nothing to hear" in lines[1]
    assert any(line.startswith("PASS") for line in lines)


def test_json_holds_every_check_with_its_source(main, good, silent, capsys):
    assert main(["--json", str(good), str(silent), str(good)]) == 1
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(file["file"]).name for file in files] == ["silent.flac", "a b.ogg"]
    assert {file["kind"] for file in files} == {"file"}
    checks = {check["name"]: check for check in files[1]["checks"]}
    assert checks["true peak"]["source"] == "EBU R 128"
    assert len(checks) == 20


@pytest.mark.parametrize(("expect", "verdict"), [("vocal", "warn"), ("instrumental", "pass")])
def test_what_is_expected_is_checked(main, good, expect, verdict, capsys):
    assert main(["--expect", expect, "--json", str(good)]) == 0
    [file] = json.loads(capsys.readouterr().out)["files"]
    assert [check["verdict"] for check in file["checks"] if check["name"] == "voice"] == [verdict]


def test_a_second_time_it_says_the_same(main, good, silent, capsys):
    codes, outputs = [], []
    for _ in range(2):
        codes.append(main([str(silent), str(good)]))
        outputs.append(capsys.readouterr().out)
    assert codes == [1, 1]
    assert outputs[0] == outputs[1]


def test_what_is_no_audio_fails(main, tmp_path, capsys):
    (tmp_path / "words.wav").write_text("no sound")
    assert main([str(tmp_path / "words.wav")]) == 1
    assert "not readable as audio" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"), [("nothing.wav", "no such file"), (".", "a folder; name its files")]
)
def test_what_is_no_file_is_bad_input(main, tmp_path, name, message, capsys):
    assert main([str(tmp_path / name)]) == 2
    assert message in capsys.readouterr().err


def test_help_teaches(main, capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "exit code" in out and "python scripts/check_files.py" in out
