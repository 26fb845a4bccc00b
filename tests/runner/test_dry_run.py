"""A dry run says what a model will read, what was left out of it, and what memory it will take."""

import json
import re

import pytest

from secondtake.core.formatting import format_bytes
from secondtake.core.plan import PlannedJob, Request, plan
from secondtake.core.registry.bark import BARK
from secondtake.core.song import load_song
from secondtake.runner import dry_run, estimates, machine
from secondtake.runner.display import Display
from secondtake.runner.dry_run import show_plan
from secondtake.runner.estimates import TimingHistory
from secondtake.runner.graphics_cards import GraphicsMemory
from secondtake.runner.settings import Settings
from secondtake.runner.study_run import StudyRun

SONG = '''
title = "A"
[[segment]]
number = 10
kind = "chorus"
title = "One"
seconds = 14
style = "smooth male vocals, emotional, layered"
languages = ["en"]
models = ["bark", "sketch"]
lyrics = """
[Chorus]
We whisper
susurra conmigo (x2)"""
[segment.bark]
voice = "v2/es_speaker_0"
'''


@pytest.fixture
def study(project, monkeypatch):
    path = project.root / "songs" / "a.toml"
    path.write_text(SONG, encoding="utf-8")
    monkeypatch.setattr(dry_run, "available_memory_bytes", lambda: 1 << 30)
    monkeypatch.setattr(machine, "free_disk_bytes", lambda path: 10**12)
    for name in ("bark", "sketch"):
        project.lock(name).parent.mkdir(exist_ok=True)
        project.lock(name).write_text("")
    return StudyRun(project, Settings(), load_song(path, project), Request(), Display())


def shown(study, monkeypatch, *reasons, consequence="", as_json=False):
    """Show the plan of the study's jobs, with the reasons to do them."""
    planned = [
        PlannedJob(job, reason, None, consequence if reason else "")
        for job, reason in zip(plan(study.song, study.request), reasons, strict=False)
    ]
    monkeypatch.setattr(StudyRun, "planned", lambda study: planned)
    show_plan(study, as_json=as_json)


def test_the_table_has_the_reason_and_the_job_what_follows_from_it(study, monkeypatch, capsys):
    stays = "the current take stays as sketch_segment10_chorus_3f9a2c1d"
    shown(study, monkeypatch, None, "seed changed", consequence=stays)
    jobs, table = capsys.readouterr().out.split("\n\n", 1)
    assert f"sketch_segment10_chorus: to do (seed changed; {stays})\n" in jobs
    assert "seed" in table and "stays" not in table


def test_people_read_the_built_prompt_what_was_left_out_and_the_memory(study, monkeypatch, capsys):
    shown(study, monkeypatch, "not made yet", "seed changed")
    bark, sketch = capsys.readouterr().out.split("sketch_segment10_chorus: ")
    assert bark.startswith("bark_segment10_chorus: to do (not made yet)\n    large, 14 s, seed ")
    assert "    prompt: [MAN] ♪ We whisper,\n            susurra conmigo ♪\n" in bark
    assert "    note: left out, because Bark would read it aloud or make noise of it: " in bark
    assert "[Chorus], (x2)" in bark and "must be written again" in bark
    assert "    note: the voice v2/es_speaker_0 speaks Spanish, the lyrics are in en" in bark
    assert (
        "    style: smooth male vocals, emotional, layered\n    lyrics: [Chorus]\n            We"
        in sketch
    )
    assert "prompt:" not in sketch
    assert "note: the voice" not in sketch and "aloud" not in sketch
    assert sketch.startswith("to do (seed changed)\n")
    large, hint, sketched, _ = sketch.splitlines()[-4:]
    needed = {
        checkpoint.name: format_bytes(checkpoint.memory_bytes) for checkpoint in BARK.checkpoints
    }
    assert large == f"Bark (large) needs about {needed['large']} of memory, 1.1 GB are available"
    assert hint.startswith(
        f"    → close other programs, take --checkpoint bark=small (about {needed['small']})"
    )
    assert sketched.startswith("Sketch (rule-based control) needs about ")


def test_people_read_what_it_costs_in_a_table(study, monkeypatch, capsys):
    shown(study, monkeypatch, "not made yet", "seed changed; the current take stays as x")
    lines = capsys.readouterr().out.splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("to do "))
    assert lines[head].split() == [
        "to", "do", "takes", "why", "download", "disk", "memory", "a", "take", "in", "all",
    ]  # fmt: skip
    rows = [line.split()[0] for line in lines[head + 1 :] if re.match(r"\w+ .* 1 +", line)]
    assert rows == ["Sketch", "Bark"]  # the lightest first, as the run has it
    table = " ".join(lines[head + 1 : head + 12])
    assert "Bark (large)" in table and "5.4 GB" in table and "1:14" in table
    assert "stays as" not in table and "together:" in lines
    (told,) = [line for line in lines if line.startswith("time of ")]
    assert "Bark (large): measured on an EPYC" in told


def test_a_card_that_is_too_small_is_said_beneath_the_table(study, monkeypatch, capsys):
    cards = (GraphicsMemory("cuda", "a card", 10**9, 8 * 10**9),)
    monkeypatch.setattr(estimates, "graphics_memories", lambda: cards)
    shown(study, monkeypatch, "not made yet", "not made yet")
    out = capsys.readouterr().out
    assert re.search(r"^to do .* memory +graphics +a take +in all", out, re.MULTILINE)
    need = format_bytes(BARK.checkpoint("large").graphics_bytes)
    assert (
        f"Bark (large): a take needs about {need} of graphics memory, 1.0 GB are free: it will run "
        "on the processor, slower; to avoid that, close what else uses it\n"
    ) in out
    assert "Sketch (rule-based control): a take needs" not in out
    shown(study, monkeypatch, "not made yet", as_json=True)
    (cost,) = json.loads(capsys.readouterr().out)["costs"]
    assert cost["graphics_free_bytes"] == 10**9
    assert cost["graphics_hint"].startswith("it will run on the processor")


def test_who_will_not_run_for_want_of_room_is_said_with_the_remedy(study, monkeypatch, capsys):
    monkeypatch.setattr(machine, "free_disk_bytes", lambda path: 3 * 10**9)
    shown(study, monkeypatch, "not made yet", "not made yet")
    out = capsys.readouterr().out
    assert "■ Bark (large)" in out and "■ Sketch" not in out
    assert "without what is blocked (■):" in out
    (line,) = re.findall(r"■ Bark would be blocked: (.+)\n    → make room ", out)
    assert line.startswith("with Bark (large), ") and line.endswith(
        "are needed in all, 3.0 GB are free (disk)"
    )
    shown(study, monkeypatch, "not made yet", "not made yet", as_json=True)
    (blocked,) = json.loads(capsys.readouterr().out)["no_room"]
    assert (blocked["model"], blocked["message"]) == ("bark", line)


def test_what_is_up_to_date_costs_nothing(study, monkeypatch, capsys):
    shown(study, monkeypatch, None, None)
    out = capsys.readouterr().out
    assert out.count("up to date") == 2 and "of memory" not in out and "download" not in out


def test_programs_read_the_same(study, monkeypatch, capsys):
    shown(study, monkeypatch, "not made yet", None, as_json=True)
    value = json.loads(capsys.readouterr().out)
    assert (value["song"], len(value["jobs"])) == ("a", 2)
    bark = value["jobs"][0]
    assert bark["prompt"] == "[MAN] ♪ We whisper,\nsusurra conmigo ♪"
    assert (bark["reason"], len(bark["remarks"])) == ("not made yet", 3)
    (memory,) = value["memory"]
    needed = BARK.checkpoint("large").memory_bytes
    assert (memory["needed"], memory["available"]) == (needed, 1 << 30)
    assert memory["title"] == "Bark (large)" and memory["hint"]
    assert value["time"] == []  # no take was made here
    (cost,) = value["costs"]
    assert (cost["model"], cost["takes"], cost["sound_seconds"]) == ("bark", 1, 14)
    assert cost["packages_bytes"] is None  # this project has no sizes of packages
    assert cost["weights_bytes"] == value["total"]["weights_disk_bytes"] - 7 * (1 << 30)
    assert value["total"]["download_bytes"] is None and value["total"]["free_cache_bytes"] > 0
    assert cost["time_source"].startswith("measured on ")


def test_time_goes_by_the_takes_that_were_made_here(study, monkeypatch, capsys):
    histories = {
        ("bark", "large"): TimingHistory("cpu", 3, work=2.5, load_seconds=11.2),
        ("sketch", "built-in"): TimingHistory("cpu", 1, work=0.1, load_seconds=0.5),
    }
    monkeypatch.setattr(dry_run, "timing_histories", lambda project: histories)
    shown(study, monkeypatch, "new", None)
    out = capsys.readouterr().out
    assert "time of Bark (large): going by 3 takes made here on cpu\n" in out
    assert "    time for 1 take, without downloads: about 0:47\n" in out
    shown(study, monkeypatch, "new", None, as_json=True)
    (time,) = json.loads(capsys.readouterr().out)["time"]
    assert (time["work_seconds"], time["sound_seconds"], time["takes"]) == (35, 14, 3)
