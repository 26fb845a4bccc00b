from dataclasses import replace

import numpy as np
import pytest
import soundfile

from secondtake.analysis.import_baseline import import_baseline
from secondtake.core.errors import UserError

RATE = 44_100


@pytest.fixture
def segment(song):
    return song.segment(1)


@pytest.fixture
def stereo(sounds):
    """5 s of two different noises in 16-bit steps."""
    noise = np.stack([sounds.pink(5, RATE, 1), sounds.pink(5, RATE, 2)], axis=1)
    return np.round(noise * 32_768) / 32_768


@pytest.mark.parametrize(("suffix", "subtype"), [("wav", "PCM_16"), ("flac", "PCM_24")])
def test_what_is_lossless_stays_so(segment, tmp_path, stereo, suffix, subtype):
    source = tmp_path / f"source.{suffix}"
    soundfile.write(source, stereo, RATE, subtype=subtype)
    import_baseline(source, segment)
    samples, rate = soundfile.read(segment.baseline.file)
    assert rate == RATE
    assert np.abs(samples - stereo).max() <= 1 / 32_768
    assert soundfile.info(str(segment.baseline.file)).subtype == subtype


@pytest.mark.parametrize(("suffix", "format_"), [("mp3", "MP3"), ("ogg", "OGG")])
def test_what_is_lossy_is_decoded(segment, tmp_path, stereo, suffix, format_):
    source = tmp_path / f"source.{suffix}"
    with soundfile.SoundFile(source, "w", RATE, 2, format=format_) as file:
        for block in np.array_split(stereo, 20):  # a one-shot Vorbis write can crash libsndfile
            file.write(block)
    audio = import_baseline(source, segment)
    assert audio.seconds == pytest.approx(5, abs=0.1)
    samples, _ = soundfile.read(segment.baseline.file)
    assert samples.std() == pytest.approx(stereo.std(), rel=0.1)


def test_a_stretch_is_cut_out(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    import_baseline(tmp_path / "a.wav", segment, 1.0, 3.0)
    samples, _ = soundfile.read(segment.baseline.file)
    assert np.abs(samples - stereo[RATE : 3 * RATE]).max() <= 1 / 32_768


def test_what_is_there_stays_unless_forced(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    import_baseline(tmp_path / "a.wav", segment)
    before = segment.baseline.file.read_bytes()
    with pytest.raises(UserError, match="--force"):
        import_baseline(tmp_path / "a.wav", segment, 1.0)
    assert segment.baseline.file.read_bytes() == before
    import_baseline(tmp_path / "a.wav", segment, 1.0, force=True)
    assert soundfile.info(str(segment.baseline.file)).duration == 4.0


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [(3.0, 1.0, "not before"), (0.0, 50.0, "beyond"), (1.0, 1.2, "at least 0.5 s")],
)
def test_a_bad_stretch_leaves_nothing_behind(segment, tmp_path, stereo, start, end, words):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    with pytest.raises(UserError, match=words):
        import_baseline(tmp_path / "a.wav", segment, start, end)
    assert not segment.baseline.file.exists()


def test_a_source_that_is_no_audio_is_named(segment, tmp_path):
    (tmp_path / "text.mp3").write_text("♪")
    with pytest.raises(UserError, match=r"text\.mp3: not readable"):
        import_baseline(tmp_path / "text.mp3", segment)


def test_a_segment_must_name_a_file_of_its_own(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    with pytest.raises(UserError, match="names no baseline"):
        import_baseline(tmp_path / "a.wav", replace(segment, baseline=None))


def test_where_segments_are_stretches_the_whole_recording_is_imported(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    shared = replace(segment, baseline=replace(segment.baseline, start=1.0))
    with pytest.raises(UserError, match="import the whole recording"):
        import_baseline(tmp_path / "a.wav", shared, start=0.5)
    assert len(import_baseline(tmp_path / "a.wav", shared).samples) == len(stereo)
