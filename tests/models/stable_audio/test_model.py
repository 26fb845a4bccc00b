"""A checkpoint's model_config.json: the facts read from it, and the changes for use offline."""

from pathlib import Path

from tests.tiny.stable_audio import open_1_0, open_small

from secondtake.models.stable_audio.model import StableAudioModel, offline_config

LARGE, SMALL = (
    StableAudioModel(None, open_1_0(), "cpu"),
    StableAudioModel(None, open_small(), "cpu"),
)


def test_windows_come_from_the_configuration() -> None:
    assert (LARGE.window, SMALL.window) == (2_097_152, 524_288)
    uneven = StableAudioModel(None, {**open_small(), "sample_size": 524_288 + 2047}, "cpu")
    assert uneven.window == 524_288
    assert (LARGE.objective, SMALL.objective) == ("v", "rf_denoiser")


def test_each_checkpoint_is_told_what_it_knows() -> None:
    assert LARGE.conditioning("flute", 9.5) == [
        {"prompt": "flute", "seconds_start": 0, "seconds_total": 9.5}
    ]
    assert SMALL.conditioning("flute", 9.5) == [{"prompt": "flute", "seconds_total": 9.5}]


def test_a_prepared_configuration_reads_t5_from_its_folder_and_has_no_halves() -> None:
    original = open_small()
    changed = offline_config(original, Path("/weights/t5"))
    text = changed["model"]["conditioning"]["configs"][0]
    assert text["config"]["model_path"] == "/weights/t5"
    assert changed["model"]["pretransform"]["model_half"] is False
    assert original == open_small()
