import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.analysis import calibrate
from benchmarks.analysis.calibrate import SONGS, WINDOWS, calibrated, pieces
from benchmarks.analysis.excerpts import Excerpt
from benchmarks.analysis.sung import Source
from tests.benchmarks.dealt import deal, material

from secondtake.analysis.features.corpus import Piece, ReferenceCorpus, concatenate, from_json


@pytest.fixture(scope="module")
def learned(dealt: list[Excerpt], others: list[Excerpt]) -> ReferenceCorpus:
    return calibrated(dealt, others)


def test_standards_are_those_of_music_every_song_alike(
    learned: ReferenceCorpus, dealt: list[Excerpt], others: list[Excerpt]
) -> None:
    speech = [each for each in others if each.material.kind == "speech"]
    songs = [
        concatenate([a.features, b.features]) for a, b in zip(dealt[::2], dealt[1::2], strict=True)
    ]
    plain = ReferenceCorpus.of([Piece("", "", song) for song in songs])
    for found in (learned, calibrated([*dealt, *speech], others)):
        assert found.raw == ()
        for name, standard in plain.standards.items():
            assert np.allclose(found.standards[name].mean, standard.mean), name
            assert np.allclose(found.standards[name].scale, standard.scale), name


def test_weights_and_kinds_are_learned_and_silence_teaches_nothing(
    learned: ReferenceCorpus, dealt: list[Excerpt], others: list[Excerpt]
) -> None:
    silence = replace(others[0], features=others[0].features.take_windows(np.arange(0)))
    assert calibrated(dealt, [*others, silence]).weights == learned.weights
    assert learned.weights["embedding"] > 0
    assert learned.kind(dealt[0].features).name == "sung"
    assert learned.kind(others[-4].features).name == "tone"


def test_pieces_are_a_few_windows_of_every_stretch_of_music(
    dealt: list[Excerpt], others: list[Excerpt]
) -> None:
    short = dealt[4].cut(2)
    silent = dealt[5].cut(0)
    found = pieces([*dealt[:4], short, silent, *others])
    assert [piece.name for piece in found] == [e.song for e in (*dealt[:4], short)]
    assert {piece.kind for piece in found} == {"sung"}
    assert [piece.features.windows for piece in found] == [WINDOWS] * 4 + [2]
    assert found[0].features.starts.tolist() == [0, 6, 15, 21]  # spread over the stretch


@pytest.mark.parametrize(("kind", "count"), [("instrumental", SONGS), ("sung", 20)])
def test_of_a_large_instrumental_album_few_songs_ship_spread_over_it(kind: str, count: int) -> None:
    random = np.random.default_rng(1)
    album = [e for n in range(20) for e in deal(material(f"{n:02}", "one", kind), random)]
    names = [piece.name for piece in pieces(album)]
    assert len(names) == 2 * count  # both stretches
    songs = sorted({int(name) for name in names})
    assert (len(songs), songs[0], songs[-1]) == (count, 0, 19)
    assert np.ptp(np.diff(songs)) <= 1


def test_what_ships_names_its_sources_and_what_was_learned_on(
    dealt: list[Excerpt],
    others: list[Excerpt],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    split = {"design": dealt[6:], "calibration": dealt[:6]}
    sources = {
        split: [
            Source(split, "owner/demo", "c" * 40, name, "0" * 64, "sung", "en", "", "me", "MIT", "")
            for name in (f"{split}.mp3", "speech.wav")
        ]
        for split in split
    }
    shipping = [
        replace(each, material=replace(each.material, song=sources["calibration"][0].name))
        for each in split["calibration"]
    ]
    monkeypatch.setattr(calibrate, "FILE", tmp_path / "calibration.json")
    monkeypatch.setattr(calibrate, "materials", lambda split: split)
    monkeypatch.setattr(calibrate, "excerpts", {"design": dealt, "calibration": shipping}.get)
    monkeypatch.setattr(calibrate, "impostor_excerpts", {"design": others}.get)
    monkeypatch.setattr(calibrate, "tracks", lambda: ())
    monkeypatch.setattr(calibrate, "recordings", sources.get)
    assert calibrate.main() == 0
    assert "6 stretches of 1 songs" in capsys.readouterr().out
    shipped = from_json(json.loads((tmp_path / "calibration.json").read_text(encoding="utf-8")))
    files = {key: [s["file"] for s in shipped.provenance[key]] for key in ("learned_on", "pieces")}
    assert files == {"learned_on": ["design.mp3", "speech.wav"], "pieces": ["calibration.mp3"]}
    assert len(shipped.raw) == 6
    assert shipped.kind(others[3].features).name == "noise"
