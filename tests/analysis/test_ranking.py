"""From sounds to their order: takes whose faults are known, judged by the real verification."""

from dataclasses import replace

import numpy as np
import pytest

from secondtake.analysis.checks.verify import verify
from secondtake.core.files import sha256_of, write_json
from secondtake.core.plan import Request, plan
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import wav_path, write_record
from secondtake.core.wav import write_wav
from secondtake.runner.rank_song import rank_song

RATE = 44_100


@pytest.fixture
def ranked(song, project, make_take, sounds):
    """Write takes of Stable Audio with these samples (frames,), verify them, rank them."""

    def rank(*sounding: np.ndarray):
        pattern = make_take("stable_audio", sounding[0])
        jobs = plan(song, Request(models=("stable_audio",), takes=len(sounding)))
        for job, samples in zip(jobs, sounding, strict=True):
            path = wav_path(song.results, job.name)
            write_wav(path, samples.repeat(2).reshape(-1, 2), MODELS[job.model].sample_rate)
            facts = {"sha256": sha256_of(path), "bytes": path.stat().st_size}
            wav = replace(pattern.wav, file=path.name, frames=len(samples), **facts)
            write_record(song.results, replace(pattern, job=job, wav=wav))
        write_json(song.results / "verification.json", verify(song, project).to_json())
        (group,) = rank_song(song)
        return group

    return rank


def test_silence_comes_last_and_the_usual_level_first(ranked, sounds):
    tone = sounds.sine(440, 6, 0.5, RATE)
    group = ranked(np.zeros_like(tone), tone * 0.1, tone * 0.4)
    assert [one.number for one in group.takes] == [3, 2, 1]
    assert group.best == "stable_audio_segment1_instrumental_take3"
    assert group.takes[0].reason.startswith("level: ")
    assert group.takes[2].reason == "behind take 2 by checks: failed: silence"
    assert group.set_aside == ()


def test_a_take_of_another_length_fails_and_a_hole_warns(ranked, sounds):
    tone = sounds.sine(440, 6, 0.5, RATE)
    broken = tone.copy()
    broken[RATE : RATE + RATE // 10] = 0
    group = ranked(tone[: 5 * RATE], broken, tone)
    assert [one.number for one in group.takes] == [3, 2, 1]
    assert "; take 2: checks that warn: dropouts, " in group.takes[0].reason
    assert "failed: duration" in group.takes[2].reason


def test_the_level_is_that_of_the_sound(ranked, sounds):
    # A sine of 1 kHz with peak 1 on both channels has 0 LUFS (BS.1770-4: -3.01 on one).
    tone = sounds.sine(997, 6, 1.0, RATE)
    group = ranked(tone * 10 ** (-20 / 20), tone * 10 ** (-17 / 20))
    assert group.takes[0].findings["level"].startswith(("-17.0 LUFS", "-16.9 LUFS"))
    assert [one.number for one in group.takes] == [2, 1]
