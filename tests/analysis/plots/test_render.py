import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from secondtake.analysis.audio_io import AudioError
from secondtake.analysis.cache import Cache
from secondtake.analysis.comparison.material import ComparedTake, SegmentMaterial
from secondtake.analysis.plots.render import (
    OVERVIEWS,
    TakePlot,
    render_overview,
    render_plots,
    take_plots,
)
from secondtake.analysis.recording import Recording

RATE = 22_050
FILES = ["take.png", "take.svg"]


@pytest.fixture
def recording(tmp_path, sounds):
    """Write a tone and return it as a recording."""

    def make(name: str, hertz: float = 440.0) -> Recording:
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, sounds.sine(hertz, 2), RATE)
        return Recording(path, name, Cache(tmp_path / "cache"))

    return make


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "analysis"


def bytes_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def take_plot(*recordings):
    return TakePlot("take", tuple((recording.label, recording) for recording in recordings))


def test_a_plot_is_drawn_once(recording, folder):
    plot = take_plot(recording("baseline"), recording("take", 660))
    assert not plot.is_current(folder)
    plot.remember(plot.write(folder))
    assert sorted(bytes_in(folder)) == FILES
    assert take_plot(recording("baseline"), recording("take", 660)).is_current(folder)


def test_a_missing_or_changed_file_is_written_again(recording, folder):
    plot = take_plot(recording("take"))
    plot.remember(plot.write(folder))
    first = bytes_in(folder)
    for gone, changed in (FILES, reversed(FILES)):
        (folder / gone).unlink()
        assert not plot.is_current(folder)
        (folder / gone).write_bytes(first[gone])
        (folder / changed).write_text("x")
        assert not plot.is_current(folder)
        (folder / gone).unlink()
        plot.write(folder)
        assert plot.is_current(folder) and bytes_in(folder) == first


def test_an_equal_file_is_left_untouched(recording, folder):
    plot = take_plot(recording("take"))
    plot.write(folder)
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    plot.write(folder)
    assert {path.stat().st_mtime for path in folder.iterdir()} == {1}


def test_another_sound_at_the_same_place_is_another_picture(recording, folder):
    plot = take_plot(recording("take"))
    plot.remember(plot.write(folder))
    first = bytes_in(folder)
    other = take_plot(recording("take", 880))
    assert not other.is_current(folder)
    other.write(folder)
    assert all(data != first[name] for name, data in bytes_in(folder).items())


def numbered(take, number):
    job = replace(take.job, take=number)
    return replace(take, job=job).named(job.name)


@pytest.mark.e2e  # a process for every core
def test_a_study_is_drawn_on_all_cores_and_once(recording, folder, song, make_take, monkeypatch):
    monkeypatch.setattr("secondtake.analysis.plots.render.BATCH", 1)
    monkeypatch.setattr("secondtake.analysis.plots.render.FEW", 2)
    take = make_take("sketch", np.zeros(100, np.float32))
    rows = tuple(
        ComparedTake(numbered(take, number), tone, None, None)
        for number, tone in enumerate((recording("one", 220), recording("two", 440)), 1)
    )
    materials = [SegmentMaterial(song.segments[0], "ready", "", None, rows, ())]
    lines = []
    assert render_plots(materials, folder, lines.append) == 2
    assert lines[-1] == "2 of 2 pictures"
    assert len(set(bytes_in(folder).values())) == 4
    assert render_plots(materials, folder, lines.append) == 0


def test_a_recording_does_not_keep_its_samples(recording, folder):
    take = recording("take")
    take_plot(take).write(folder)
    assert "audio" not in vars(take)


def test_a_file_that_is_gone_is_an_error(recording, folder):
    take = recording("take")
    _ = take.identity
    take.path.write_bytes(b"no audio")
    with pytest.raises(AudioError, match="not readable"):
        take_plot(take).write(folder)
    assert not folder.exists()


def test_the_baseline_stands_left_of_the_take_and_the_take_left_of_the_control(song, make_take):
    samples = np.zeros(100, np.float32)
    sketch, take = make_take("sketch", samples), make_take("stable_audio", samples)
    label = {name: Recording(song.results / name, name, Cache(song.results)) for name in "bst"} | {
        "b": Recording(song.results / "b", "baseline", Cache(song.results))
    }
    rows = (
        ComparedTake(sketch, label["s"], None, None),
        ComparedTake(take, label["t"], label["s"], None),
        ComparedTake(take, label["t"], label["b"], label["s"]),
    )
    drawn = list(take_plots([SegmentMaterial(song.segments[0], "ready", "", None, rows, ())]))
    assert [plot.name for plot in drawn] == [row.take.job.name for row in rows]
    assert [[title for title, _ in plot.columns] for plot in drawn] == [
        ["segment 1: s"],
        ["segment 1: t", "segment 1: s"],
        ["segment 1: baseline", "segment 1: t"],
    ]


def test_the_overview_is_there_while_there_is_something_to_see(tmp_path):
    values = {
        "models": [{"name": "a", "title": "A"}],
        "questions": ["timbre"],
        "cells": {"a": {"timbre": {"scaled": 0.5, "low": 0.4, "high": 0.6, "note": ""}}},
    }
    render_overview(values, tmp_path)
    names = sorted(f"{name}{suffix}" for name in OVERVIEWS for suffix in (".png", ".svg"))
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    render_overview({**values, "models": [], "cells": {}}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_whoever_draws_nothing_does_not_wait_for_matplotlib():
    code = "import sys, secondtake.analysis.plots.render; print('matplotlib' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "False"
