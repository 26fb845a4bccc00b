"""A dry run says what a model will read, what was left out of it, and what memory it will take."""

import json

import pytest

from secondtake.core.formatting import format_bytes
from secondtake.core.plan import Request, plan
from secondtake.core.registry.bark import BARK
from secondtake.core.song import load_song
from secondtake.runner import dry_run
from secondtake.runner.dry_run import show_plan
from secondtake.runner.estimates import TimingHistory
from secondtake.runner.settings import Settings

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
def jobs(project, monkeypatch):
    path = project.root / "songs" / "a.toml"
    path.write_text(SONG, encoding="utf-8")
    monkeypatch.setattr(dry_run, "available_memory_bytes", lambda: 1 << 30)
    return plan(load_song(path, project), Request())


def test_people_read_the_built_prompt_what_was_left_out_and_the_memory(jobs, capsys):
    show_plan("a", [(job, "not made yet") for job in jobs], Settings(), {}, as_json=False)
    bark, sketch = capsys.readouterr().out.split("sketch_segment10_chorus: ")
    assert bark.startswith("bark_segment10_chorus: to do (not made yet)\n    large, 14 s, seed ")
    assert "    prompt: [MAN] ♪ We whisper,\n            susurra conmigo ♪\n" in bark
    assert "    note: left out, because Bark would read it aloud or make noise of it: " in bark
    assert "[Chorus], (x2)" in bark and "must be written again" in bark
    assert "    note: the voice v2/es_speaker_0 speaks Spanish, the lyrics are in en" in bark
    assert "note: " not in sketch
    large, hint, sketched = sketch.splitlines()[-3:]
    needed = {
        checkpoint.name: format_bytes(checkpoint.memory_bytes) for checkpoint in BARK.checkpoints
    }
    assert large == f"Bark (large) needs about {needed['large']} of memory, 1.1 GB are available"
    assert hint.startswith(
        f"    → close other programs, take --checkpoint bark=small (about {needed['small']})"
    )
    assert sketched.startswith("General MIDI")


def test_what_is_up_to_date_takes_no_memory(jobs, capsys):
    show_plan("a", [(job, None) for job in jobs], Settings(), {}, as_json=False)
    out = capsys.readouterr().out
    assert out.count("up to date") == len(jobs) and "of memory" not in out


def test_programs_read_the_same(jobs, capsys):
    show_plan("a", [(jobs[0], "not made yet"), (jobs[1], None)], Settings(), {}, as_json=True)
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


def test_time_is_told_where_takes_were_made_here_and_only_of_what_is_to_do(jobs, capsys):
    histories = {
        ("bark", "large"): TimingHistory("cpu", 3, work=2.5, load_seconds=11.2),
        ("sketch", "built-in"): TimingHistory("cpu", 1, work=0.1, load_seconds=0.5),
    }
    show_plan("a", [(jobs[0], "new"), (jobs[1], None)], Settings(), histories, as_json=False)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Bark (large) needs about 0:35 for 14 s of sound, after loading for 0:12, going by 3 takes "
        "made here on cpu"
    )
    show_plan("a", [(jobs[0], "new"), (jobs[0], "new")], Settings(), histories, as_json=True)
    (time,) = json.loads(capsys.readouterr().out)["time"]
    assert (time["work_seconds"], time["sound_seconds"], time["takes"]) == (70, 28, 3)
