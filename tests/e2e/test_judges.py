"""All judges in a study: set up, asked, cached, on the pages, by tiny checkpoints.

The tests tell one story in order, as a user lives it. What tiny random networks say means nothing;
that it is kept, scored and shown is tested here. Each is held to its upstream code in a file of its
own.
"""

import json
import re

import numpy as np
import pytest
import soundfile
from tests.e2e.conftest import House

from secondtake.core.registry.all_judges import JUDGES

pytestmark = pytest.mark.e2e
ASKED = {"SECONDTAKE_JUDGES": "clap,audiobox,lyrics=base"}
NAME = "judged"
SONG = """\
title = "Judged"
results = "results/judged"
style = "slow tango, accordion"
bpm = 100
key = "A minor"
languages = ["es"]

[[segment]]
number = 1
kind = "verse"
title = "Sung"
seconds = 12
lyrics = "La mar al amanecer, la mar"
models = ["sketch"]
baseline = "{baseline}"

[[segment]]
number = 2
kind = "instrumental"
title = "Played"
seconds = 12
models = ["sketch", "musicgen"]
baseline = "{baseline}"
start = 0
end = 11
"""
RECORDINGS = {  # by segment
    "sketch_segment1_verse", "baseline_segment1",
    "sketch_segment2_instrumental", "musicgen_segment2_instrumental", "baseline_segment2",
}  # fmt: skip


@pytest.fixture(scope="module")
def judged(house: House) -> House:
    """The house with a song whose baseline is a chord, and judges that may be asked."""
    root = house.project.root
    seconds = np.arange(16_000 * 12) / 16_000
    chord = sum(np.sin(2 * np.pi * hertz * seconds) for hertz in (220.0, 261.6, 329.6))
    soundfile.write(root / "chord.wav", 0.2 * chord * (1 + np.sin(2 * np.pi * 2 * seconds)), 16_000)
    (root / "songs" / f"{NAME}.toml").write_text(SONG.format(baseline="chord.wav"))
    return House(house.project, {**house.variables, **ASKED})


def typed(house: House, *words: str, code: int = 0, **variables: str) -> str:
    done = house.type("invoke", *words, **variables)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def judgments(house: House) -> dict[str, dict]:
    """Every judgment in the results, by judge and recording."""
    folder = house.project.results / NAME / "judges"
    found = {}
    for path in sorted(folder.glob("*/*.json")):
        value = json.loads(path.read_text())
        found[path.parent.name, value["job"]["recording"]] = value
    return found


def comparison(house: House) -> dict:
    path = house.project.results / NAME / "analysis" / "comparison_results.json"
    return json.loads(path.read_text())


def test_a_doctor_offers_them_with_their_costs(judged):
    told = house_told(judged)
    for name in JUDGES:
        assert re.search(rf"– {name} \(.*\n.*to download: .*; licence of the weights: ", told)
        assert f"invoke setup --judges {name}" in told


def house_told(house: House) -> str:
    return typed(house, "doctor", code=3)  # Stable Audio wants a token


def test_set_up_fetches_their_weights_and_names_the_licences(judged):
    told = typed(judged, "setup", "--judges", "clap,audiobox,lyrics=base")
    for title in ("CLAP (larger, general)", "Audiobox Aesthetics", "Whisper (base)"):
        assert f"✓ {title}: set up" in told
    assert "licence of the weights: CC-BY 4.0: " in told
    assert all(f"✓ {name} (" in house_told(judged) for name in JUDGES)


def test_a_run_asks_them_all(judged):
    told = typed(judged, "generate-all", "--song", NAME)
    assert "CLAP (larger, general): 5 recordings judged" in told
    assert "Audiobox Aesthetics: 5 recordings judged" in told
    assert "Whisper (base): 2 recordings judged" in told
    found = judgments(judged)
    assert {name for judge, name in found if judge == "clap"} == RECORDINGS
    assert {name for judge, name in found if judge == "audiobox"} == RECORDINGS
    assert {name for judge, name in found if judge == "lyrics"} == {
        "sketch_segment1_verse", "baseline_segment1"
    }  # fmt: skip


def test_each_has_said_what_it_is_asked(judged):
    for (judge, name), value in judgments(judged).items():
        windows, scales = value["judgment"]["windows"], value["judgment"]["scales"]
        assert set(scales) == {scale.name for scale in JUDGES[judge].scales}
        for reading in scales.values():
            assert len(reading["values"]) == len(windows) >= 1
            assert all(len(other) == len(windows) for other in reading["others"].values())
            has_floor = judge == "clap" or name.startswith("baseline")
            assert bool(reading["others"]) == has_floor
        if judge == "clap":
            assert value["job"]["style"] == "slow tango, accordion"
            assert len(value["judgment"]["embeddings"]) == len(windows)


def test_the_comparison_has_them_with_their_scale(judged):
    (sung, played) = comparison(judged)["segments"]
    for take in (*sung["takes"], *played["takes"]):
        by_name = {entry["name"]: entry for entry in take["measurements"]}
        for judge in JUDGES.values():
            for scale in judge.scales:
                entry = by_name[scale.name]
                assert (entry["unit"], entry["closer_is"]) == (scale.unit, scale.closer_is)
                assert entry["value"] is not None
                if scale.closer_is:
                    assert entry["floor"] is not None and entry["ceiling"] is not None
                    assert 0 <= entry["percentile"] <= 100
        assert ("character error rate" in by_name) == (take in sung["takes"])
    folder = judged.project.results / NAME / "analysis"
    page = (folder / "comparison_results.md").read_text().lower()
    assert "## what the judges say" in page and (folder / "judges.png").is_file()
    for judge in JUDGES.values():
        assert all(scale.name in page for scale in judge.scales)


def test_a_second_run_hears_nothing_again(judged):
    before = {key: value["seconds"] for key, value in judgments(judged).items()}
    told = typed(judged, "generate-all", "--song", NAME)
    assert "CLAP (larger, general): nothing new to hear, 5 judged before" in told
    assert {key: value["seconds"] for key, value in judgments(judged).items()} == before


def test_what_is_lost_comes_back_from_the_cache(judged):
    folder = judged.project.results / NAME / "judges" / "audiobox"
    for path in folder.iterdir():
        path.unlink()
    told = typed(judged, "judge", "--song", NAME, "--judges", "audiobox")
    assert "nothing new to hear, 5 judged before" in told
    assert len(list(folder.iterdir())) == 5


def test_a_checkpoint_whose_words_are_all_alike_is_refused(judged):
    """As the public one of this name is, and as its tiny stand-in is made."""
    told = typed(
        judged, "setup", "--judges", "clap=music", SECONDTAKE_JUDGES="clap=music"
    )  # fmt: skip
    assert "✓ CLAP (larger, music): set up" in told
    told = typed(judged, "judge", "--song", NAME, code=1, SECONDTAKE_JUDGES="clap=music")
    assert "nearly the same whatever they say" in told and "general" in told


def test_nobody_is_asked_where_that_is_switched_off(judged):
    told = typed(judged, "generate-all", "--song", NAME, SECONDTAKE_JUDGES="none")
    assert "nothing new to hear" not in told
