import json

import numpy as np
import pytest
from benchmarks.analysis.calibrate import SONGS, calibrated, shippable
from benchmarks.analysis.corpus import Album, Track

from secondtake.analysis.features.corpus import from_json, to_json


@pytest.fixture(scope="module")
def made(dealt):
    return calibrated(dealt)


def test_every_song_is_a_piece_with_all_its_windows(made, dealt):
    assert [piece.name for piece in made.raw] == list(dict.fromkeys(one.song for one in dealt))
    assert {piece.features.windows for piece in made.raw} == {16}
    assert made.weights["embedding"] > 0


def test_what_ships_is_two_windows_of_each_and_all_that_was_learned(made, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.analysis.corpus.FOLDER", tmp_path)
    file = tmp_path / "package" / "a.ogg"
    file.parent.mkdir()
    file.write_bytes(b"sound")
    shipped = shippable(made, [Track(file, Album("album 0", "package", "MIT"), "1.2-3")])
    assert {piece.features.windows for piece in shipped.raw} == {2}
    assert shipped.provenance["standards_and_weights_from"] == "12 songs of 4 albums"
    again = from_json(json.loads(json.dumps(to_json(shipped))))
    assert again.weights == made.weights
    assert [piece.album for piece in again.raw] == [piece.album for piece in shipped.raw]
    rows = made.raw[0].features.embedding
    assert again.standards["embedding"].apply(rows) == pytest.approx(
        made.standards["embedding"].apply(rows), abs=0.02
    )
    assert again.provenance["pieces"] == [
        {
            "name": "album 0: a",
            "package": "package",
            "version": "1.2-3",
            "licence": "MIT",
            "file": "a.ogg",
            "sha256": "dd29442deca69f52c50006b831cb216edf78a7da33748f0a80ff19f2ebe57ecd",
        }
    ]


def test_of_a_large_album_few_songs_ship_spread_over_it(dealt):
    many = [
        type(one)(f"{place // 4:02}", "one album", one.start, one.features, one.naive)
        for place, one in enumerate(dealt)
    ]
    names = [piece.name for piece in shippable(calibrated(many), []).raw]
    assert len(names) == SONGS
    assert (names[0], names[-1]) == ("00", "11")
    assert np.ptp(np.diff([int(name) for name in names])) <= 1
