import json
from dataclasses import replace

import pytest
import soundfile
from tests.schemas import mistakes

from secondtake.analysis.comparison.compare import compare_all, compare_song, measurements
from secondtake.analysis.comparison.material import gather
from secondtake.analysis.formatting import format_with_interval
from secondtake.analysis.metrics.evaluate import METRICS
from secondtake.analysis.report.comparison_page import comparison_page
from secondtake.core.files import sha256_of
from secondtake.core.judge_jobs import asked_style, baseline_job, take_job
from secondtake.core.judgments import Judgment, Reading, judge_identity, store_judgment
from secondtake.core.registry.clap import CLAP
from secondtake.core.take_store import write_kept
from secondtake.core.takes import record_path, wav_path, write_record

RATE = 44_100


@pytest.fixture
def compared(song, project, make_take, sounds):
    """A model's take held against the sketch."""
    make_take("sketch", sounds.clicks(97, 6, RATE))
    make_take("stable_audio", sounds.clicks(120, 6, RATE))
    [material] = gather(song, project)
    return material.takes


def test_what_is_held_against_nothing_has_no_measurements(compared):
    sketch, _ = compared
    assert sketch.reference is None
    assert measurements(sketch) == []


def test_every_metric_is_kept_and_the_same_when_read_again(compared):
    _, take = compared
    compare_all(compared)
    cached = list(take.recording.cache.folder.glob("measurements-*"))
    assert cached
    first, again = measurements(take), measurements(take)
    assert first == again
    assert {measurement["name"] for measurement in first} >= {metric.name for metric in METRICS}
    assert len(list(take.recording.cache.folder.glob("measurements-*"))) == len(cached)


def test_another_calibration_gives_other_floors_and_keeps_nothing(compared, calibration):
    _, take = compared
    floors = [{o["name"]: o["floor"] for o in measurements(take, c)} for c in (None, calibration)]
    assert floors[0]["spectral balance"] != floors[1]["spectral balance"]


@pytest.fixture
def takes(make_take, sounds):
    """A sketch at 97 BPM in C and a model's take at 120 BPM in E flat."""
    make_take("sketch", sounds.clicks(97, 6, RATE) + sounds.chord((60, 64, 67), 6, RATE))
    return make_take(
        "stable_audio", sounds.clicks(120, 6, RATE) + sounds.chord((63, 67, 70), 6, RATE)
    )


@pytest.fixture
def baseline(project, sounds):
    file = project.root / "data" / "baseline" / "one.wav"
    file.parent.mkdir(parents=True)
    samples = sounds.clicks(120, 12, 48_000) + sounds.chord((63, 67, 70), 12, 48_000)
    soundfile.write(file, samples, 48_000)
    return file


@pytest.fixture
def result(calibration):
    def compare(song, project, naive=False):
        return compare_song(song, gather(song, project), project, naive, calibration)

    return compare


def test_without_takes_or_baseline_the_state_says_what_to_type(song, project, result):
    [segment] = result(song, project)["segments"]
    assert segment["baseline"]["state"] == "absent"
    assert "invoke import-baseline FILE --segment 1" in segment["baseline"]["why"]
    assert segment["takes"] == []
    assert "No takes yet" in comparison_page(result(song, project))


def test_without_baseline_takes_meet_the_sketch_only(song, project, takes, result):
    comparison = result(song, project)
    sketch, model = comparison["segments"][0]["takes"]
    assert (sketch["floor"], sketch["against"], sketch["measurements"]) == (True, None, [])
    assert model["against"] == "sketch_segment1_instrumental"
    text = comparison_page(comparison)
    assert "this is no claim about a song" in text
    assert "to the baseline" not in text


def test_with_a_baseline_a_take_like_it_is_ahead_of_a_sketch_unlike_it(
    song, project, takes, baseline, result
):
    comparison = result(song, project)
    sketch, model = comparison["segments"][0]["takes"]
    assert sketch["against"] == model["against"] == "baseline"
    baseline = song.segments[0].baseline.file
    assert comparison["segments"][0]["baseline"]["sha256"] == sha256_of(baseline)
    rhythm = next(entry for entry in model["measurements"] if entry["name"] == "rhythm")
    assert rhythm["value"] > 0.8 > rhythm["mark"]
    assert rhythm["against_mark"] == "ahead"
    assert rhythm["verdict"] == "as itself"
    assert all(entry["mark"] is None for entry in sketch["measurements"])
    scaled = format_with_interval(rhythm["scaled"], None)
    assert f"**{scaled}** [" in comparison_page(comparison)
    sentences = [entry["text"] for entry in comparison["findings"]]
    assert any(text.startswith("In rhythm, Stable Audio ") for text in sentences)


@pytest.mark.e2e  # librosa measures every pair
def test_the_first_studys_figures_only_where_asked_for(song, project, takes, baseline, result):
    assert "Naive figures" not in comparison_page(result(song, project))
    comparison = result(song, project, naive=True)
    model = comparison["segments"][0]["takes"][1]
    text = comparison_page(comparison)
    assert "**Naive figures**" in text
    assert f"({model['naive_similarity']['pink_mfcc_cosine']:.4f})" in text


def test_the_same_files_give_the_same_words(song, project, takes, baseline, result):
    first, second = result(song, project), result(song, project)
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)
    assert comparison_page(first) == comparison_page(second)
    assert str(project.root) not in comparison_page(first) + json.dumps(first)


def test_what_the_user_wrote_is_escaped(song, project, takes, result):
    text = comparison_page(result(song, project))
    assert "# Comparison: Known \\| Sounds" in text
    assert "<summary>Segment 1: instrumental, Click &amp; *Chord*</summary>" in text


def test_meter_and_remarks_of_a_record_go_with_its_take(song, project, takes, result):
    remarks = ("heard in the style: [waltz] <b>*slow*</b>", *[f"note {n}" for n in range(30)])
    meant = replace(takes, job=replace(takes.job, meter="3/4"), remarks=remarks)
    write_record(song.results, meant)
    comparison = result(song, project)
    (take,) = [take for take in comparison["segments"][0]["takes"] if take["name"] == takes.name]
    assert (take["asked"]["meter"], take["remarks"]) == ("3/4", list(remarks))


def test_a_changed_wav_and_an_unreadable_baseline_are_named_not_compared(
    song, project, takes, baseline, result
):
    wav_path(song.results, takes.job.name).write_bytes(b"RIFF")
    baseline.write_bytes(b"RIFF")
    [segment] = result(song, project)["segments"]
    assert [skipped["take"] for skipped in segment["skipped"]] == [takes.job.name]
    assert segment["baseline"]["state"] == "unreadable"
    assert "--force" in segment["baseline"]["why"]
    assert [take["model"] for take in segment["takes"]] == ["sketch"]


def test_what_another_program_put_among_the_takes_stops_nothing(song, project, takes, result):
    before = result(song, project)
    for path in list(wav_path(song.results, takes.name).parent.iterdir()):
        path.with_name(f"{path.stem} 2{path.suffix}").write_bytes(path.read_bytes())
    assert result(song, project) == before


def test_a_damaged_record_is_named_and_the_others_are_compared(song, project, takes, result):
    record_path(song.results, takes.name).write_text("{")
    [segment] = result(song, project)["segments"]
    [skipped] = segment["skipped"]
    assert skipped["take"] == takes.name and "record cannot be read" in skipped["why"]
    assert [take["model"] for take in segment["takes"]] == ["sketch"]


@pytest.mark.parametrize("is_kept", [False, True])
def test_an_earlier_take_is_compared_where_it_is_kept(song, project, takes, result, is_kept):
    earlier = takes.named(takes.earlier_name)
    wav_path(song.results, takes.name).rename(wav_path(song.results, earlier.name))
    record_path(song.results, takes.name).unlink()
    write_record(song.results, earlier)
    if is_kept:
        write_kept(song.results, song.name, [takes.wav.sha256])
    [segment] = result(song, project)["segments"]
    names = [take["name"] for take in segment["takes"] if take["model"] == "stable_audio"]
    assert names == [earlier.name] * is_kept


def test_a_level_that_a_step_has_set_is_noted_where_the_level_stands(
    result, song, project, takes, baseline
):
    details = {"peak_normalisation": {"peak_dbfs": -1.0, "gain_db": 2.0}}
    write_record(song.results, replace(takes, details=details))
    sketch, take = result(song, project)["segments"][0]["takes"]
    step = "its level was set by the pipeline: peak to -1 dBFS"
    assert (sketch["level"], take["level"]) == ("", step)
    assert sketch["from_baseline"] == take["from_baseline"] == ""
    notes = {entry["name"]: entry["note"] for entry in take["measurements"]}
    assert {name for name, note in notes.items() if step in note} == {"loudness", "true peak"}
    assert not any(step in entry["note"] for entry in sketch["measurements"])


def test_what_judges_say_stands_among_the_measurements(song, project, takes, baseline, result):
    takes = replace(takes, job=replace(takes.job, style="even clicks"))
    write_record(song.results, takes)
    before = result(song, project)
    assert before["across"]["judges"] == before["across"]["distributions"] == []
    assert "prompt" not in before["across"]["questions"]
    checkpoint, identity = CLAP.default.name, judge_identity(CLAP.version, {}, "0" * 64)
    style = asked_style(takes, CLAP)
    asked = [
        (take_job(song, CLAP, checkpoint, takes, style), 0.4),
        (baseline_job(CLAP, checkpoint, song.segments[0], sha256_of(baseline), style), 0.5),
    ]
    for job, value in asked:
        others = {f"prompt {n}": (0.01 * n, 0.01 * n) for n in range(20)}
        reading = {"prompt adherence": Reading((value, value + 0.01), others)}
        heard = Judgment(((0.0, 3.0), (3.0, 6.0)), reading)
        store_judgment(project, song.results, job, identity, 1.0, heard)
    comparison = result(song, project)
    sketch, model = comparison["segments"][0]["takes"]
    own = {entry["name"]: entry for entry in model["measurements"]}["prompt adherence"]
    assert own["value"] == pytest.approx(0.405) and own["ceiling"] == pytest.approx(0.505)
    assert own["verdict"] in ("closer", "as itself") and own["mark"] is None
    assert "prompt adherence" not in {entry["name"] for entry in sketch["measurements"]}  # no style
    assert comparison["across"]["metrics"]["prompt"] == "prompt adherence"
    assert "### Prompt adherence" in comparison_page(comparison)
    assert mistakes("comparison", comparison) == []
