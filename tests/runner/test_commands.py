"""The verbs: exit codes, what goes where, and what is left behind when a run is cut off."""

import json
import os
import signal
import sys
import webbrowser
from functools import partial

import pytest
from tests.runner.humming import (
    STUDY,
    add_purr,
    children,
    closed_port,
    ends_soon,
    locked_by_another,
    on_a_terminal,
    size_packages,
    snapshot,
    start,
    stop,
    wait_for,
    write_song,
)

from secondtake.core.errors import ModelError, UserError
from secondtake.core.plan import Request
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import record_path, wav_path
from secondtake.runner import commands, costs, environments, maintenance
from secondtake.runner.preflight import PendingDownload, Preflight

pytestmark = pytest.mark.e2e  # whole programs
SONG = "songs/hum.toml"
HUM1, HUM2 = "hum_segment1_instrumental", "hum_segment2_instrumental"


@pytest.fixture(autouse=True)
def ours_alone(monkeypatch):
    """Commands set a signal handler; take it back. And no test depends on free memory."""
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def study(song=SONG, evaluate=False, as_json=False, **wish):
    switches = {name: wish.pop(name, False) for name in ("force", "dry_run", "save")}
    return commands.run(
        lambda: commands.study(
            song, Request(**wish), evaluate=evaluate, as_json=as_json, **switches
        )
    )


def test_exit_codes_of_what_became_of_the_takes(hum, monkeypatch):
    write_song(hum, "calm", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        assert study(models=("hum",)) == 0
        assert study() == 3
        write_song(hum, "refuse", models=("hum", "purr"))
        assert study() == 1


def test_the_end_says_where_things_are_and_how_many_are_blocked(hum, monkeypatch, capsys):
    write_song(hum, "calm", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        study()
    out = capsys.readouterr().out
    assert "Takes: 1 made, 0 up to date, in results/hum/local_models/\n" in out
    assert "Blocked (■): 1, of Purr; what helps is said above.\nThen type:\n" in out
    assert "    invoke generate --models purr --song songs/hum.toml\n" in out


@pytest.mark.parametrize(
    ("song", "message"),
    [
        ("songs/hun.toml", "did you mean 'hum.toml'?"),
        ("../../../../etc/passwd", "error: "),
        ("x" * 5000, "error: "),
        ("songs/hum\0.toml", "error: "),
        ("songs/[red]hum.toml", "[red]hum.toml"),
        ("songs/evil name.toml", "cannot be a file name"),
        ("songs", "error: "),
    ],
)
def test_a_song_that_is_none_is_one_line_and_exit_2(hum, capsys, song, message):
    (hum.root / "songs" / "evil name.toml").write_text((hum.root / SONG).read_text())
    before = snapshot(hum.root)
    assert study(song) == 2
    out, errors = capsys.readouterr()
    assert out == "" and errors.startswith("error: ") and errors.count("\n") == 1
    assert message in errors
    assert snapshot(hum.root) == before


def test_outside_of_a_project(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("SECONDTAKE_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert study() == 2
    assert "is not inside a secondtake project" in capsys.readouterr().err


def test_a_system_error_is_one_line_and_exit_1(hum, capsys):
    (hum.root / "results").write_text("a file where the folder should be")
    assert study() == 1
    errors = capsys.readouterr().err
    assert errors.startswith(f"error: {hum.root}/results/hum/") and errors.count("\n") == 1
    assert errors.endswith(": Not a directory\n")


@pytest.mark.parametrize(("code", "exit_code"), [("network", 3), ("bad_weights", 1), ("bug", 1)])
def test_a_model_error_that_reaches_the_top(capsys, code, exit_code):
    def fails():
        raise ModelError(code, "it is so", "do this")

    assert commands.run(fails) == exit_code
    assert capsys.readouterr().err == "error: it is so\n  → do this\n"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_dry_run_touches_no_file_and_takes_no_lock(hum, capsys, as_json):
    with locked_by_another(hum):
        before = snapshot(hum.root)
        assert study(dry_run=True, as_json=as_json, takes=2) == 0
        assert snapshot(hum.root) == before
    out, errors = capsys.readouterr()
    assert errors == ""
    if as_json:
        value = json.loads(out)
        assert value["song"] == "hum"
        assert [(job["name"], job["reason"]) for job in value["jobs"]] == [
            ("hum_segment1_instrumental", "not made yet"),
            ("hum_segment1_instrumental_take2", "not made yet"),
            ("hum_segment2_verse", "not made yet"),
            ("hum_segment2_verse_take2", "not made yet"),
        ]
    else:
        assert out.count("to do (not made yet)") == 4 and "    low, 1 s, seed " in out


def test_a_dry_run_of_what_is_there_says_so(hum, capsys):
    study()
    capsys.readouterr()
    assert study(dry_run=True) == 0
    assert f"{HUM1}: up to date" in capsys.readouterr().out


def test_json_is_one_object_on_stdout_and_all_else_on_stderr(hum, monkeypatch, capfd):
    write_song(hum, "print", "refuse", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        assert study(as_json=True) == 1
    out, errors = capfd.readouterr()
    value = json.loads(out)
    assert (value["song"], value["exit_code"], value["stages"]) == ("hum", 1, {})
    assert {name: outcome["status"] for name, outcome in value["outcomes"].items()} == {
        "purr_segment1_instrumental": "blocked", "purr_segment2_instrumental": "blocked",
        HUM1: "done", HUM2: "failed",
    }  # fmt: skip
    assert value["outcomes"][HUM2]["hint"] == "cheer it up"
    assert f"✓ {HUM1}: done" in errors and "creating venv-hum" in errors


STAGE = """
import sys
print("{name} was asked", sys.argv[1:])
raise SystemExit({code})
"""
STAGES = (
    *("verify_results", "rank_takes", "analyse_results"),
    *("prepare_listening", "write_progress"),
)


def judging(project, monkeypatch, **codes):
    """Programs in the places of the later stages, which print and end with these codes."""
    project.lock("analysis").write_text("")
    monkeypatch.setattr(environments, "ANALYSIS_IMPORTS", ())
    for name in STAGES:
        text = STAGE.format(name=name, code=codes.get(name.split("_")[0], 0))
        (project.root / "scripts" / f"{name}.py").write_text(text)


@pytest.mark.parametrize(
    ("codes", "worst"),
    [({}, 0), ({"analyse": 2, "write": 3}, 2), ({"verify": 3, "write": 77}, 1)],
)
def test_the_worst_stage_decides_and_every_stage_runs(hum, monkeypatch, capfd, codes, worst):
    judging(hum, monkeypatch, **codes)
    assert study(evaluate=True, segments=(1,), as_json=True) == worst
    out, errors = capfd.readouterr()
    value = json.loads(out)
    assert value["stages"] == {
        "verify": codes.get("verify", 0),
        "understand": 0,
        "rank": codes.get("rank", 0),
        "analyse": codes.get("analyse", 0),
        "listen": codes.get("prepare", 0),
        "report": codes.get("write", 0),
    }
    for name in STAGES:
        assert f"{name} was asked ['--song', '{hum.root / SONG}']" in errors
    assert errors.count("invoke setup --judges lyrics") == 1  # optional, but never silently


def test_words_are_understood_only_where_a_judge_has_heard_some(hum, monkeypatch, capfd):
    judging(hum, monkeypatch)
    script = STAGE.format(name="understand_lyrics", code=1)
    (hum.root / "scripts" / "understand_lyrics.py").write_text(script)
    assert commands.run(lambda: commands.run_stage(SONG, "understand", [])) == 0
    lines = capfd.readouterr().out.splitlines()
    assert "invoke setup --judges lyrics" in lines[0] and lines[1].startswith(
        "rank_takes was asked"
    )
    assert not (hum.root / environments.FOLDER).exists()
    (hum.results / "hum" / "judges" / "lyrics").mkdir(parents=True)
    assert commands.run(lambda: commands.run_stage(SONG, "understand", [])) == 1
    assert f"understand_lyrics was asked ['--song', '{hum.root / SONG}']" in capfd.readouterr().out


def test_setup_takes_the_names_of_environments(hum):
    assert maintenance.environment_names(" lyrics, Stable-Audio") == ("lyrics", "stable_audio")
    assert maintenance.environment_names("") == ()
    with pytest.raises(UserError, match=r"no environment 'lyric'; did you mean 'lyrics'\?"):
        maintenance.environment_names("lyric")


def test_without_an_analysis_environment_the_report_is_still_written(hum, monkeypatch, capfd):
    judging(hum, monkeypatch)
    hum.lock("analysis").write_text("this is no lock\n")
    assert study(evaluate=True) == 3
    out = capfd.readouterr().out
    assert "■ verify, analyse, listen: " in out and "write_progress was asked" in out
    assert "rank_takes was asked" in out
    assert "verify_results was asked" not in out


def test_one_stage_alone_hands_on_its_arguments_and_its_code(hum, monkeypatch, capfd):
    judging(hum, monkeypatch, verify=1)
    assert commands.run(lambda: commands.run_stage(SONG, "verify", ["--json"])) == 1
    out, errors = capfd.readouterr()
    assert out.splitlines() == [
        f"verify_results was asked ['--song', '{hum.root / SONG}', '--json']",
        f"rank_takes was asked ['--song', '{hum.root / SONG}', '--quiet']",
    ]
    assert "venv-analysis" in errors
    assert commands.run(lambda: commands.run_stage(SONG, "report", ["--check"])) == 0
    out = capfd.readouterr().out
    assert "'--check'" in out and "rank_takes" not in out


def browsers(monkeypatch, *names, works=True, display=":0", chosen=""):
    """Those that Python finds, in this order; gives what is opened, by which."""
    opened = []

    class Browser(webbrowser.GenericBrowser):
        def open(self, url, new=0, autoraise=True):
            opened.append((self.name, url))
            return works

    monkeypatch.setattr(webbrowser, "_tryorder", [])
    monkeypatch.setattr(webbrowser, "_browsers", {})
    for name in names:
        webbrowser.register(name, None, Browser(name))
    for variable, value in {"DISPLAY": display, "WAYLAND_DISPLAY": "", "BROWSER": chosen}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "platform", "linux")
    return opened


@pytest.mark.parametrize(
    ("names", "options", "opens"),
    [
        (("xdg-open", "lynx"), {}, "xdg-open"),
        (("/usr/bin/lynx",), {}, ""),
        (("w3m", "www-browser"), {}, ""),
        (("xdg-open",), {"display": ""}, ""),
        (("lynx",), {"display": "", "chosen": "lynx"}, "lynx"),
        (("firefox", "links"), {"works": False}, "firefox"),
        ((), {}, ""),
    ],
)
def test_a_page_is_opened_in_a_window_or_its_path_is_said(
    hum, monkeypatch, capsys, names, options, opens
):
    page = hum.root / "a page.html"
    page.write_text("<!doctype html>")
    opened = browsers(monkeypatch, *names, **options)
    commands.open_page(hum, page)
    assert opened == ([(opens, page.as_uri())] if opens else [])
    is_open = bool(opens) and options.get("works", True)
    said = "" if is_open else f"note: no browser with a window is found here; open {page}\n"
    assert capsys.readouterr().err == said


def test_pages_are_written_and_opened_and_nothing_falls_back(hum, monkeypatch, capfd):
    judging(hum, monkeypatch)
    opened = browsers(monkeypatch, "firefox", works=False)
    assert commands.run(lambda: commands.page(SONG, lossless=True, show=True)) == 0
    out, errors = capfd.readouterr()
    song = f"'--song', '{hum.root / SONG}'"
    assert f"prepare_listening was asked [{song}, '--lossless']" in out
    assert f"write_progress was asked [{song}]" in out
    assert opened == [] and "note: there is no results/hum/listen.html to open" in errors
    for name in ("listen.html", "report.html"):
        (hum.root / "results/hum").mkdir(parents=True, exist_ok=True)
        (hum.root / "results/hum" / name).write_text("<!doctype html>")
    assert commands.run(lambda: commands.page(SONG, lossless=False, show=True)) == 0
    assert f"prepare_listening was asked [{song}, '--mp3']" in capfd.readouterr().out
    assert commands.run(lambda: commands.report(SONG, html=True, check=False, show=True)) == 0
    out, errors = capfd.readouterr()
    assert f"prepare_listening was asked [{song}]" in out  # the encoding stays
    assert "'--html'" in out and "no browser with a window is found" in errors
    assert [page.rpartition("/")[2] for _, page in opened] == ["listen.html", "report.html"]
    assert commands.run(lambda: commands.report(SONG, html=True, check=True, show=False)) == 2
    assert "error: --check: writes and opens nothing" in capfd.readouterr().err


def test_what_writes_beside_a_run_waits_for_its_end(hum, monkeypatch, capfd, tmp_path):
    judging(hum, monkeypatch)
    (hum.root / "scripts" / "merge_votes.py").write_text(STAGE.format(name="merge", code=0))
    file = tmp_path / "anna.json"
    file.write_text("{}")
    writing = [
        lambda: commands.page(SONG, lossless=True, show=True),
        lambda: commands.report(SONG, html=False, check=False, show=False),
        lambda: commands.report(SONG, html=True, check=False, show=False),
        lambda: commands.votes((str(file),), SONG, False),
        lambda: commands.votes((str(file),), SONG, True),
        *(partial(commands.run_stage, SONG, name, []) for name in ("verify", "rank", "analyse")),
    ]
    with locked_by_another(hum):
        assert [commands.run(command) for command in writing] == [4] * len(writing)
        out, errors = capfd.readouterr()
        assert "was asked" not in out and errors.count("is in use by another run") == len(writing)
        assert commands.run(lambda: commands.run_stage(SONG, "report", ["--check"])) == 0
    assert [commands.run(command) for command in writing] == [0] * len(writing)


def test_a_check_of_the_pages_writes_nothing(hum, monkeypatch):
    judging(hum, monkeypatch)
    assert commands.run(lambda: commands.run_stage(SONG, "report", ["--check"])) == 0
    assert not list(hum.results.rglob("*.html")) and not list(hum.results.rglob("*.md"))


def test_votes_are_merged_where_the_user_stands_and_the_pages_tell_of_them(
    hum, monkeypatch, capfd, tmp_path
):
    judging(hum, monkeypatch)
    (hum.root / "scripts" / "merge_votes.py").write_text(STAGE.format(name="merge", code=0))
    votes = tmp_path / "anna.json"
    votes.write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert commands.run(lambda: commands.votes(("anna.json",), SONG, False)) == 0
    out = capfd.readouterr().out
    assert f"merge was asked ['--song', '{hum.root / SONG}', '--', 'anna.json']" in out
    assert "write_progress was asked" in out
    assert commands.run(lambda: commands.votes((), SONG, False)) == 2
    assert commands.run(lambda: commands.votes(("ben.json",), SONG, False)) == 2
    errors = capfd.readouterr().err
    assert "type: invoke votes FILE FILE" in errors and "ben.json: no such file" in errors


def test_options_given_once_are_saved_and_the_take_is_the_plans_own(hum, capsys):
    path = hum.root / SONG
    before = path.read_text()
    assert study(seed=5, segments=(2,), dry_run=True, save=True) == 0
    assert f"would be saved in {path}: segment 2: [segment.hum] seed = 5" in capsys.readouterr().err
    assert path.read_text() == before and not (hum.root / "results").exists()

    assert study(seed=5, segments=(2,), save=True) == 0
    assert f"saved in {path}: segment 2: [segment.hum] seed = 5" in capsys.readouterr().err
    assert "seed = 5" in path.read_text()
    (wav,) = hum.results.rglob("hum_segment2_*.wav")
    taken = wav.read_bytes()
    assert study() == 0
    assert wav.read_bytes() == taken and len(list(hum.results.rglob("hum_segment2_*.wav"))) == 1

    assert study(save=True) == 2
    assert "--save: nothing to save" in capsys.readouterr().err
    with locked_by_another(hum):
        text = path.read_text()
        assert study(seed=6, save=True) == 4
        assert path.read_text() == text


def test_a_whole_songs_baseline_is_copied_then_named(hum, monkeypatch, capfd):
    judging(hum, monkeypatch)
    (hum.root / "scripts" / "import_baseline.py").write_text(STAGE.format(name="import", code=0))
    (hum.root / "full.wav").touch()
    monkeypatch.chdir(hum.root)
    name = "data/baseline/hum.wav"
    assert commands.run(lambda: commands.import_baseline(SONG, "full.wav", "", [], save=True)) == 0
    assert "--segment" not in capfd.readouterr().out
    assert f'baseline = "{name}"' in (hum.root / SONG).read_text()
    text = (hum.root / SONG).read_text()
    both = lambda: commands.import_baseline(SONG, "full.wav", "1", [], save=True)  # noqa: E731
    assert commands.run(both) == 2 and "leave --segment away" in capfd.readouterr().err
    assert (hum.root / SONG).read_text() == text


def test_a_baseline_that_was_not_copied_is_not_named(hum, monkeypatch, capfd):
    judging(hum, monkeypatch)
    (hum.root / "scripts" / "import_baseline.py").write_text(STAGE.format(name="import", code=2))
    (hum.root / "full.wav").touch()
    monkeypatch.chdir(hum.root)
    before = (hum.root / SONG).read_text()
    assert commands.run(lambda: commands.import_baseline(SONG, "full.wav", "", [], save=True)) == 2
    assert (hum.root / SONG).read_text() == before


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("", "a.wav: no such file"),
        ("ten", "--segment: 'ten' names no segment; write numbers"),
        ("1-2", "--segment: '1-2' names segments 1, 2; give one of them"),
        (" ", "--segment: ' ' names no segment"),
        ("9", "no segment 9; the song has 1, 2"),
    ],
)
def test_a_baseline_of_nothing_builds_nothing(hum, capsys, number, message):
    before = snapshot(hum.root)
    assert commands.run(lambda: commands.import_baseline(SONG, "a.wav", number, [])) == 2
    assert message in capsys.readouterr().err
    assert snapshot(hum.root) == before


def test_a_baseline_file_whose_name_looks_like_an_option(hum, monkeypatch, capfd):
    judging(hum, monkeypatch)
    (hum.root / "scripts" / "import_baseline.py").write_text(STAGE.format(name="import", code=0))
    code = commands.run(lambda: commands.import_baseline(SONG, "--force", "1", ["--start=2"]))
    assert code == 0
    arguments = ["--song", str(hum.root / SONG), "--segment=1", "--start=2", "--"]
    assert f"import was asked {[*arguments, str(hum.root / '--force')]}" in capfd.readouterr().out


def test_setup_builds_once_and_says_which(hum, monkeypatch, capsys):
    judging(hum, monkeypatch)
    assert commands.run(lambda: maintenance.setup(("hum",))) == 0
    out = capsys.readouterr().out
    assert "✓ venv-hum: built" in out and "✓ venv-analysis: built" in out
    before = snapshot(hum.root)
    assert commands.run(lambda: maintenance.setup(("hum",))) == 0
    assert capsys.readouterr().out == "✓ venv-analysis: up to date\n✓ venv-hum: up to date\n"
    assert snapshot(hum.root) == before


def test_setup_goes_on_after_an_environment_that_cannot_be_built(hum, monkeypatch, capsys):
    judging(hum, monkeypatch)
    hum.lock("analysis").write_text("this is no lock\n")
    assert commands.run(lambda: maintenance.setup(("hum",))) == 3
    out = capsys.readouterr().out
    assert "■ venv-analysis: " in out and "✓ venv-hum: built" in out


@pytest.mark.parametrize(("yes", "answer"), [(True, ""), (False, "y\n"), (False, "n\n")])
def test_setup_asks_about_a_large_download_once(hum, monkeypatch, capsys, yes, answer):
    judging(hum, monkeypatch)
    size_packages(hum, "hum", 6_000_000_000)
    questions = on_a_terminal(monkeypatch, answer)
    code = commands.run(lambda: maintenance.setup(("hum",), yes=yes))
    out, errors = capsys.readouterr()
    assert "✓ venv-analysis: built" in out and len(questions) == (not yes)
    if answer == "n\n":
        assert code == 3 and "(venv-hum 6.0 GB)? The others run without. [y/N] " in errors
        assert "■ venv-hum: you answered no to a download of 6.0 GB\n" in out
        assert "    → if you want it after all: invoke setup --models hum --yes\n" in out
    else:
        assert code == 0 and "✓ venv-hum: built" in out


@pytest.mark.parametrize("answer", ["y\n", "n\n"])
def test_fetch_asks_about_a_large_download_once(hum, monkeypatch, capsys, answer):
    questions = on_a_terminal(monkeypatch, answer)
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        large = PendingDownload(MODELS["purr"].default.weights[0].source, 6_000_000_000)
        monkeypatch.setattr(maintenance, "preflight", lambda *_: Preflight((large,)))
        assert commands.run(lambda: maintenance.fetch(("purr", "hum"), {})) == 3
    out, errors = capsys.readouterr()
    assert "Download 6.0 GB (Purr 6.0 GB)?" in errors and len(questions) == 1
    assert ("■ Purr: you answered no" in out) == (answer == "n\n")
    assert ("127.0.0.1" in out) == (answer == "y\n")  # it was tried
    assert "✓ Hum (low): needs no weights" in out


def test_fetch_says_first_what_it_downloads_and_what_is_free(hum, monkeypatch, capsys):
    monkeypatch.setattr(costs.machine, "free_disk_bytes", lambda path: 7_000_000_000)
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        some = PendingDownload(MODELS["purr"].default.weights[0].source, 4_000_000_000)
        monkeypatch.setattr(maintenance, "preflight", lambda *_: Preflight((some,)))
        commands.run(lambda: maintenance.fetch(("purr",), {}))
        first, then, *_ = capsys.readouterr().out.splitlines()
        assert (first, then) == ("to download: 4.0 GB", "disk: 4.0 GB to fill, 7.0 GB free")
        monkeypatch.setattr(costs.machine, "free_disk_bytes", lambda path: 5_000_000_000)
        assert commands.run(lambda: maintenance.fetch(("purr", "hum"), {})) == 3
    out = capsys.readouterr().out
    assert "■ Purr: with " in out and "5.1 GB are needed in all, 5.0 GB are free (disk)" in out
    assert "to download" not in out and "127.0.0.1" not in out and "✓ Hum (low)" in out


def test_fetch_goes_on_after_a_model_that_is_blocked(hum, monkeypatch, capsys):
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        assert commands.run(lambda: maintenance.fetch(("purr", "hum"), {"hum": "high"})) == 3
    out = capsys.readouterr().out
    assert "■ Purr: " in out and "✓ Hum (high): needs no weights" in out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_told_to_stop_keeps_what_is_done(hum, number, code):
    write_song(hum, "calm", "slow")
    process = start(STUDY)
    try:
        wait_for(process, f"{HUM2}: humming")
        workers = children(process.pid)
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=20)
    finally:
        stop(process)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert ("interrupted; what is finished is kept" in errors) == (number == signal.SIGINT)
    assert workers and ends_soon(workers)
    results = hum.results / "hum"
    assert record_path(results, HUM1).exists()
    assert not wav_path(results, HUM2).exists() and not list(results.rglob("*.part"))
    with locked_by_another(hum):  # and the lock is free
        pass
