"""The words about a take that was made again, and the folder that keeps it."""

from dataclasses import replace

import pytest
from tests.core.takes_of_hum import first_job, make
from tests.schemas import mistakes

from secondtake.core.errors import UserError
from secondtake.runner.reproduce import Reproduction, reproduce
from secondtake.runner.take_changes import Change, SoundDifference

NAME = "hum_segment1_instrumental"
SAME = Reproduction(
    take=NAME, file=f"results/hum/local_models/{NAME}.wav", verdict="identical", original="whole",
    sha256="a" * 64, sha256_now="a" * 64, figures=None, unmeasured="", promised=True, changes=[],
    seconds=36.4,
)  # fmt: skip
FIGURES = SoundDifference(6e-5, 78.0, 0.03, (8000, 8000))
CHANGE = Change("device", "device", "cuda", "cpu")


def text(**changes):
    return "\n".join(replace(SAME, **changes).lines())


def test_the_same_bytes():
    assert text() == (
        f"✓ {NAME}: bit-identical, made again in 0:37 (sha256 aaaaaaaa…)\n"
        "  nothing that its record names has changed"
    )


def test_the_same_sound_up_to_rounding_says_what_is_promised_and_why():
    words = text(verdict="rounding", figures=FIGURES, changes=[CHANGE], sha256_now="b" * 64)
    for part in (
        f"≈ {NAME}: not the same bytes (made again in 0:37), but the same sound up to rounding: "
        "at most 6e-05 of full scale",
        "changed since:\n  device: cuda → cpu",
        "is promised: 60 dB below it (SNR), and 1 dB of log-mel distance at most",
        "log-mel distance: mean over 64 mel bands",
    ):
        assert part in words


def test_another_sound_with_its_figures_and_without():
    assert "and it differs: at most" in text(verdict="different", figures=FIGURES)
    lost = text(verdict="different", original="missing", unmeasured="the first wav is missing")
    assert "by how much is not known: the first wav is missing" in lost
    assert "is missing: held against its record's sha256" in lost
    assert text(kept="/x").endswith("what was made is in /x")


@pytest.mark.parametrize(
    ("verdict", "code"), [("identical", 0), ("rounding", 0), ("different", 1), ("unmeasured", 3)]
)
def test_exit_codes_and_the_schema(verdict, code):
    made_again = replace(SAME, verdict=verdict, figures=FIGURES, changes=[CHANGE])
    assert made_again.exit_code == code
    value = made_again.to_json()
    value["figures"] |= {"frames": list(value["figures"]["frames"])}
    assert mistakes("reproduce", value) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"typed": "hum_segment9"}, "no take of hum"),
        ({"device": "gpu"}, "no device 'gpu'"),
        ({"keep": "results/hum/local_models"}, "where takes of runs are"),
        ({"keep": "songs/hum.toml"}, "name a folder of yours"),
        ({"keep": "kept"}, "is there already"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_made(hum, words, message):
    make(hum, first_job(hum))
    (hum.root / "kept").mkdir()
    (hum.root / "kept" / f"{NAME}.wav").touch()
    with pytest.raises(UserError, match=message):
        reproduce(**{"song_file": "hum", "typed": NAME, "as_json": False, **words})
    assert not (hum.root / ".cache").exists()
