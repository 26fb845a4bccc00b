"""A model's script run by hand: what it prints, what it makes, how it ends."""

import argparse
import json
import os
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from secondtake.core.cli import _describe, parser
from secondtake.core.plan import PlannedJob
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import read_record, record_path, wav_path
from tests.conftest import ROOT
from tests.core.takes_of_hum import hum_song
from tests.core.test_jobs import JOB

FIRST, SECOND = "hum_segment1_instrumental", "hum_segment2_verse"


@pytest.fixture
def page(hum, hum_python):
    def run(*arguments, song="songs/hum.toml", python=hum_python, **environ):
        return subprocess.run(
            [python, "scripts/generate_hum.py", "--song", song, *arguments],
            capture_output=True, text=True, cwd=hum.root, env={**os.environ, **environ},
            check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def page_here(hum, monkeypatch, capsys):
    """The script in this process, which saves its start: for what loads no model."""
    before = dict(os.environ)

    def run(*arguments, song="songs/hum.toml"):
        script = str(hum.script("hum"))
        monkeypatch.setattr(sys, "argv", [script, "--song", song, *arguments])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(script, run_name="__main__")
        return subprocess.CompletedProcess(sys.argv, end.value.code, *capsys.readouterr())

    yield run
    os.environ.clear()
    os.environ.update(before)


def made(hum):
    folder = hum_song(hum).results / "local_models"
    return sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []


def test_a_page_makes_its_takes_and_the_second_time_leaves_them(hum, page):
    output = page()
    assert output.returncode == 0 and output.stderr == ""
    assert (
        f"{FIRST}: not made yet" in output.stdout and f"{SECOND}: 0.50 s of sound" in output.stdout
    )
    assert made(hum) == [f"{n}.{e}" for n in (FIRST, SECOND) for e in ("json", "wav")]
    before = [path.stat().st_ino for path in hum_song(hum).results.rglob("*")]
    again = page()
    assert again.stdout == f"{FIRST}: up to date\n{SECOND}: up to date\n"
    assert (again.returncode, again.stderr) == (0, "")
    assert [path.stat().st_ino for path in hum_song(hum).results.rglob("*")] == before


def test_the_same_seed_is_the_same_wav_and_another_seed_another(hum, page):
    hashes = []
    for seed in ("3", "3", "4"):
        page("--segment", "1", "--seed", seed, "--force")
        hashes.append(read_record(record_path(hum_song(hum).results, FIRST)).wav.sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_force_makes_anew_what_is_up_to_date(page):
    page("--segment", "1")
    output = page("--segment", "1", "--force")
    assert f"{FIRST}: --force" in output.stdout and "1.00 s of sound" in output.stdout


def test_a_changed_parameter_is_the_reason_to_make_it_again(page):
    page("--segment", "1")
    output = page("--segment", "1", "--mood", "loud")
    assert f"{FIRST}: settings changed" in output.stdout
    assert "warning: peak 4.000 is above full scale" in output.stdout


def test_takes_have_names_and_sounds_of_their_own(hum, page):
    assert page("--segment", "1", "--takes", "2").returncode == 0
    assert made(hum) == [
        f"{FIRST}.json", f"{FIRST}.wav", f"{FIRST}_take2.json", f"{FIRST}_take2.wav",
    ]  # fmt: skip
    results = hum_song(hum).results
    line, two = (wav_path(results, f"{FIRST}{take}").read_bytes() for take in ("", "_take2"))
    assert line != two


def test_a_dry_run_says_everything_and_does_nothing(hum, page):
    output = page("--dry-run", "--checkpoint", "high", "--seed", "5", "--mood", "slow")
    assert output.returncode == 0 and made(hum) == []
    assert f"{FIRST}: not made yet\n    1 s, seed 5, checkpoint high\n" in output.stdout
    assert "    mood: 'slow'" in output.stdout and "says hello" not in output.stdout


def test_a_page_finds_its_song_from_any_folder(hum, hum_python, tmp_path):
    output = subprocess.run(
        [hum_python, hum.script("hum"), "--song", "songs/hum.toml", "--dry-run"],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    assert f"{FIRST}: not made yet" in output.stdout


@pytest.mark.parametrize("typed", ["1-2", "1,2", "1 - 2", "2,1,2", "First verse", "segment1 VERSE"])
def test_segments_are_numbers_ranges_kinds_and_titles(page_here, typed):
    output = page_here("--segments", typed, "--dry-run")
    assert output.returncode == 0
    assert f"{FIRST}: not made yet" in output.stdout and f"{SECOND}: not" in output.stdout


def test_names_are_known_in_any_spelling(page):
    output = page("--segment", "Segment1_Instrumental", "--checkpoint", "HIGH", "--device", "CPU",
                  "--dry-run", song="HUM")  # fmt: skip
    assert output.returncode == 0 and "checkpoint high" in output.stdout
    assert SECOND not in output.stdout


def test_help_teaches(page):
    output = page("--help")
    assert output.returncode == 0
    text = " ".join(output.stdout.split())
    assert "Make Hum's takes" in text and "one of: low, high" in text
    assert "--mood STR what to do instead of humming; one of: calm, refuse," in text
    assert "(default: 'calm')" in text and "--worker" not in text


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_every_models_help_names_every_parameter_with_its_range(model):
    text = " ".join(parser(model).format_help().split())
    for parameter in model.parameters:
        assert f"{parameter.option or '--' + parameter.name.replace('_', '-')} " in text
        assert parameter.low is None or f"{parameter.low:g} to {parameter.high:g}" in text


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("ace_step", "denoising steps; 1 to 200 (default: 8; base and sft: 50)"),
        ("stable_audio", "(default: 100; open-small, 3-small-music and 3-medium: 8)"),
        ("bark", "(default: 0.7)"),
    ],
)
def test_help_has_every_checkpoints_default(model, words):
    options = parser(MODELS[model])
    options.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=500)
    assert words in options.format_help()


def test_a_dry_run_lists_no_option_that_nobody_typed(capsys):
    settings = {"steps": 8, "repaint": "", "cover": ""}
    _describe(PlannedJob(replace(JOB, model="ace_step", settings=settings), None))
    out = capsys.readouterr().out
    assert "    steps: 8\n" in out and "repaint" not in out and "cover" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--segment", "99"], "/songs/hum.toml: no segment 99; the song has 1, 2"),
        (["--segment", "one"], "error: --segment: 'one' names no segment; write numbers, a range"),
        (["--segment", "vers"], "'vers' names no segment; did you mean 'verse'? write numbers"),
        (["--segment", "2-1"], "error: --segment: 2-1 runs backwards; type 1-2"),
        (["--segment", "3-9999"], "no segment from 3 to 9999; the song has 1, 2"),
        (["--takes", "0"], "error: --takes: 0 is outside 1 to 99"),
        (["--takes", "1e9"], "invalid int value"),
        (["--seed", "-1"], "error: --seed: -1 is outside 0 to 2147483647"),
        (["--mood", "clam"], "error: --mood: 'clam' is no choice; did you mean 'calm'?"),
        (["--checkpoint", "hi"], "error: --checkpoint hum: no checkpoint 'hi'"),
        (["--device", "abacus"], "invalid choice: 'abacus'"),
        (["--device", "cuba"], "did you mean 'cuda'? generate_hum.py --help explains"),
        (
            ["--volume", "11"],
            "error: unrecognized arguments: --volume 11\n  → generate_hum.py --hel",
        ),
        (["--modo", "calm"], "  → did you mean '--mood'? generate_hum.py --help explains"),
        (["--sed=3"], "did you mean '--seed'?"),
        (["--song", "songs/ham.toml"], "no such song file; did you mean 'hum.toml'?"),
        (["--song", "x" * 300], "xxx…: no such song file; known: hum"),
        (["--song", "."], "error: .: no song belongs to this folder; known: hum"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_exit_code_2(page_here, arguments, message):
    output = page_here(*arguments)
    assert output.returncode == 2 and output.stdout == ""
    assert message in output.stderr and "Traceback" not in output.stderr


def test_a_song_without_this_model_is_bad_input(hum, page):
    (hum.root / "songs/other.toml").write_text(
        'title = "T"\n[[segment]]\nnumber = 3\nkind = "intro"\ntitle = "T"\nseconds = 1\n'
        'models = ["sketch"]\n'
    )
    output = page(song="songs/other.toml")
    assert output.returncode == 2
    assert "hum has nothing to do in segment 3; add it to the segment's models" in output.stderr


def test_a_page_that_takes_several_jobs_at_once_gets_them_so(hum, page):
    output = page("--takes", "2", "--checkpoint", "choir")
    assert (output.returncode, output.stderr) == (0, "")
    lines = [line for line in output.stdout.splitlines() if "s of sound" in line]
    assert [line.partition(":")[0] for line in lines] == [
        SECOND, FIRST, f"{FIRST}_take2", f"{SECOND}_take2",
    ]  # fmt: skip
    assert [line.endswith("s, in a batch of 3") for line in lines] == [True] * 3 + [False]
    results = hum_song(hum).results
    batches = [read_record(record_path(results, name)).made.batch for name in (SECOND, FIRST)]
    assert (
        batches == [3, 3] and read_record(record_path(results, f"{SECOND}_take2")).made.batch == 1
    )
    assert "up to date" in page("--takes", "2", "--checkpoint", "choir").stdout


def test_a_refusal_in_a_batch_does_not_stop_the_others(hum, page):
    text = (hum.root / "songs/hum.toml").read_text()
    refusing = text.replace('models = ["hum"]', 'models = ["hum"]\nhum = { mood = "refuse" }', 1)
    (hum.root / "songs/hum.toml").write_text(refusing)
    output = page("--checkpoint", "choir")
    assert (
        output.returncode == 1
        and output.stderr == f"{FIRST}: it does not want to hum\n  → cheer it up\n"
    )
    assert made(hum) == [f"{SECOND}.json", f"{SECOND}.wav"]


def test_a_refusal_of_one_take_does_not_stop_the_others(hum, page):
    text = (hum.root / "songs/hum.toml").read_text()
    refusing = text.replace('models = ["hum"]', 'models = ["hum"]\nhum = { mood = "refuse" }', 1)
    (hum.root / "songs/hum.toml").write_text(refusing)
    output = page()
    assert output.returncode == 1
    assert f"{FIRST}: it does not want to hum\n  → cheer it up" in output.stderr
    assert made(hum) == [f"{SECOND}.json", f"{SECOND}.wav"]


def test_a_bug_in_one_take_leaves_its_traceback_and_does_not_stop_the_others(hum, page):
    output = page("--mood", "crash")
    assert output.returncode == 1 and made(hum) == []
    assert f"{SECOND}: unexpected RuntimeError: a bug in the hum" in output.stderr
    logs = (hum.cache / "logs").glob("unexpected-*.log")
    assert sum(log.read_text().count("Traceback") for log in logs) == 2


def test_a_device_that_is_lost_ends_the_script(hum, page):
    output = page("--mood", "lose")
    assert output.returncode == 1 and made(hum) == []
    assert output.stderr.count("the graphics card has failed") == 1  # not once for every take
    assert "→ restart the computer" in output.stderr and "Traceback" not in output.stderr


def test_by_hand_too_it_is_told_why_no_faster_device_is_taken(hum, page):
    path = hum.script("hum")
    text = path.read_text().replace(
        "(generate, CPU,", '(generate, SelectedDevice("cpu", ("old",)),'
    )
    path.write_text(text.replace("import CPU,", "import SelectedDevice,"))
    assert "    note: old\n" in page("--segment", "1").stdout


def test_a_page_outside_its_environment_says_so_when_it_makes_a_take_again(page):
    source = str(Path(__file__).parents[2] / "src")
    for _ in range(2):
        output = page("--segment", "1", python=sys.executable, PYTHONPATH=source)
    assert "made outside the project's environments" in output.stdout


def test_by_hand_too_the_token_stays_outside_and_the_caches_inside(hum, page):
    path = hum.script("hum")
    shown = (
        "    import json\n    print('SEES', json.dumps(dict(os.environ)))\n    return LoadedModel("
    )
    path.write_text(path.read_text().replace("    return LoadedModel(", shown))
    output = page("--segment", "1", HF_TOKEN="hf_secret", HF_HOME="/root/x", HF_TOKEN_PATH="/t")
    line = next(line for line in output.stdout.splitlines() if line.startswith("SEES "))
    seen = json.loads(line.removeprefix("SEES "))
    assert "hf_secret" not in line and "HF_TOKEN_PATH" not in seen
    assert Path(seen["HF_HOME"]).is_relative_to(hum.root) and seen["HF_HUB_OFFLINE"] == "1"


def test_a_damaged_record_or_wav_is_made_again(hum, page):
    page()
    results = hum_song(hum).results
    record_path(results, FIRST).write_text("{")
    wav_path(results, SECOND).write_bytes(b"RIFF")
    output = page()
    assert f"{FIRST}: its record is damaged" in output.stdout
    assert f"{SECOND}: the wav is missing or was changed" in output.stdout
    assert page().stdout.count("up to date") == 2


@pytest.mark.parametrize("model", [name for name in MODELS if name != "hum"])
@pytest.mark.parametrize("words", [["--help"], ["--dry-run"]])
def test_every_page_teaches_where_its_libraries_are_not_installed(model, words, tmp_path):
    head = 'title = "A"\n[[segment]]\nnumber = 1\ntitle = "A"\nseconds = 5\n'
    sings = "vocal" in MODELS[model].roles
    kind = 'kind = "verse"\nlyrics = "La"\n' if sings else 'kind = "instrumental"\n'
    (tmp_path / "noxfile.py").touch()
    (tmp_path / "songs").mkdir()
    song = tmp_path / "songs" / "a.toml"
    song.write_text(f'{head}{kind}models = ["{model}"]\n', encoding="utf-8")
    page = ROOT / "scripts" / f"generate_{model}.py"
    hide = "import runpy, sys; sys.modules |= dict.fromkeys(['numpy', 'torch', 'tinysoundfont']); "
    run = f"sys.argv[0] = {str(page)!r}; runpy.run_path({str(page)!r}, run_name='__main__')"
    output = subprocess.run(
        [sys.executable, "-c", hide + run, "--song", str(song), *words],
        cwd=tmp_path, env={**os.environ, "SECONDTAKE_ROOT": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert output.returncode == 0, output.stderr
    assert model in output.stdout


def test_by_hand_too_an_old_take_stays_and_comes_back(hum, page):
    page("--segment", "1", "--seed", "3")
    results = hum_song(hum).results
    old = read_record(record_path(results, FIRST))
    output = page("--segment", "1")
    assert f"{FIRST}: seed changed; the current take stays as {old.earlier_name}" in output.stdout
    output = page("--segment", "1", "--seed", "3")
    assert f"the take of these inputs, {old.earlier_name}, comes back" in output.stdout
    assert "loading" not in output.stdout and "s of sound" not in output.stdout
    assert read_record(record_path(results, FIRST)) == old


def test_a_script_says_who_saves_its_options(hum, page):
    before = (hum.root / "songs" / "hum.toml").read_bytes()
    output = page("--mood", "loud", "--save")
    assert output.returncode == 2 and output.stderr.count("\n") == 1
    assert "nox -s hum -- … --save" in output.stderr and not made(hum)
    assert (hum.root / "songs" / "hum.toml").read_bytes() == before
