from dataclasses import replace

import numpy as np
import pytest
import soundfile

from secondtake.analysis.checks.suite import CheckTarget, check_file
from secondtake.analysis.import_baseline import import_baseline
from secondtake.core.errors import UserError
from secondtake.core.song import whole_baseline

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
    assert np.array_equal(samples, stereo)
    assert soundfile.info(str(segment.baseline.file)).subtype == subtype


@pytest.mark.parametrize(("suffix", "format_"), [("mp3", "MP3"), ("ogg", "OGG")])
def test_what_is_lossy_is_decoded(segment, tmp_path, stereo, suffix, format_):
    source = tmp_path / f"source.{suffix}"
    with soundfile.SoundFile(source, "w", RATE, 2, format=format_) as file:
        for block in np.array_split(stereo, 20):  # a one-shot Vorbis write can crash libsndfile
            file.write(block)
    imported = import_baseline(source, segment)
    assert imported.audio.seconds == pytest.approx(5, abs=0.1)
    samples, _ = soundfile.read(segment.baseline.file, dtype="float32")
    assert np.array_equal(samples, imported.audio.samples)
    assert samples.std() == pytest.approx(stereo.std(), rel=0.1)
    assert imported.notes == ()


def test_a_stretch_is_cut_out(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    import_baseline(tmp_path / "a.wav", segment, 1.0, 3.0)
    samples, _ = soundfile.read(segment.baseline.file)
    assert np.array_equal(samples, stereo[RATE : 3 * RATE])


def test_what_is_there_stays_unless_forced(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    import_baseline(tmp_path / "a.wav", segment)
    before = segment.baseline.file.read_bytes()
    with pytest.raises(UserError, match="--force"):
        import_baseline(tmp_path / "a.wav", segment, 1.0)
    assert segment.baseline.file.read_bytes() == before
    import_baseline(tmp_path / "a.wav", segment, 1.0, force=True)
    assert soundfile.info(str(segment.baseline.file)).duration == 4.0


def test_the_same_sound_again_writes_nothing(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    import_baseline(tmp_path / "a.wav", segment, 1.0, 3.0)
    before = segment.baseline.file.stat().st_mtime_ns
    again = import_baseline(tmp_path / "a.wav", segment, 1.0, 3.0)
    assert again.notes == ("this sound was there already; nothing was written",)
    assert segment.baseline.file.stat().st_mtime_ns == before


@pytest.mark.parametrize("content", [b"", b"RIFF"])
def test_a_damaged_baseline_is_not_taken_for_the_same_sound(segment, tmp_path, stereo, content):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    segment.baseline.file.parent.mkdir(parents=True, exist_ok=True)
    segment.baseline.file.write_bytes(content)
    with pytest.raises(UserError, match="--force"):
        import_baseline(tmp_path / "a.wav", segment)


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
    assert len(import_baseline(tmp_path / "a.wav", shared).audio.samples) == len(stereo)


def verdicts(path):
    return {check.name: check.verdict for check in check_file(CheckTarget(path, ""))}


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_samples_beyond_full_scale_are_kept_counted_and_judged_as_in_the_source(
    segment, tmp_path, sounds, subtype
):
    source, samples = tmp_path / "hot.wav", sounds.sine(440, 2, 1.7, RATE)
    soundfile.write(source, samples, RATE, subtype=subtype)
    (note,) = import_baseline(source, segment).notes
    share = 2 / np.pi * np.arccos(1 / 1.7)
    assert f"({100 * share:.2g} %) lie beyond full scale, the peak is 1.70: kept" in note
    written, _ = soundfile.read(segment.baseline.file, dtype="float32")
    assert np.array_equal(written, samples)
    assert soundfile.info(str(segment.baseline.file)).subtype == "FLOAT"
    assert verdicts(segment.baseline.file) == verdicts(source)


def test_a_lossy_file_that_decodes_beyond_full_scale_is_not_clipped(segment, tmp_path, sounds):
    source = tmp_path / "loud.mp3"
    square = np.sign(sounds.sine(440, 2, 1.0, RATE)) * np.float32(0.98)
    soundfile.write(source, square, RATE, format="MP3")
    imported = import_baseline(source, segment)
    written, _ = soundfile.read(segment.baseline.file, dtype="float32")
    assert np.array_equal(written, imported.audio.samples[:, 0])
    assert np.abs(written).max() > 1 and "beyond full scale" in imported.notes[0]


def test_a_fine_float_keeps_its_resolution(segment, tmp_path, sounds):
    samples = sounds.pink(2, RATE) * np.float32(1e-4)
    soundfile.write(tmp_path / "soft.wav", samples, RATE, subtype="FLOAT")
    assert import_baseline(tmp_path / "soft.wav", segment).notes == ()
    written, _ = soundfile.read(segment.baseline.file, dtype="float32")
    assert np.array_equal(written, samples)


def test_a_broken_download_is_imported_only_by_force_and_says_so(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    half = tmp_path / "half.wav"
    half.write_bytes((tmp_path / "a.wav").read_bytes()[: 44 + 2 * RATE * 4])
    told = r"the header promises 5\.00 s, the file holds 2\.00 s: cut off; fetch it again"
    for stretch in ((None, None), (0.5, 1.5), (3.0, 4.0)):
        with pytest.raises(UserError, match=told):
            import_baseline(half, segment, *stretch)
    assert not segment.baseline.file.exists()
    imported = import_baseline(half, segment, force=True)
    assert imported.audio.seconds == 2 and imported.notes[0].startswith("the header promises 5.00")


def test_integers_in_a_float_file_are_imported_only_by_force(segment, tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo * 32_768, RATE, subtype="FLOAT")
    with pytest.raises(UserError, match=r"16-bit values in a float file; divide by 32768, or add"):
        import_baseline(tmp_path / "a.wav", segment)
    assert len(import_baseline(tmp_path / "a.wav", segment, force=True).notes) == 1


def test_a_recording_of_the_whole_song_is_written_whole(project, song, tmp_path, stereo):
    whole = whole_baseline(song, project)
    soundfile.write(tmp_path / "full.wav", stereo, RATE)
    import_baseline(tmp_path / "full.wav", whole)
    samples, _ = soundfile.read(project.root / "data" / "baseline" / f"{song.name}.wav")
    assert np.array_equal(samples, stereo)
    soundfile.write(tmp_path / "full.wav", stereo[RATE:], RATE)
    with pytest.raises(UserError, match="--force"):
        import_baseline(tmp_path / "full.wav", whole)
    with pytest.raises(UserError, match="--segment N"):
        import_baseline(tmp_path / "full.wav", whole, 1.0, force=True)
