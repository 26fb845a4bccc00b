import json

import numpy as np
import pytest

from secondtake.analysis.features.corpus import (
    FILE,
    ReferenceCorpus,
    concatenate,
    from_json,
    load_default,
    to_json,
)
from secondtake.analysis.features.extract import ROWS


def test_what_was_shipped_comes_back(calibration):
    text = json.dumps(to_json(calibration))
    again = from_json(json.loads(text))
    assert [piece.name for piece in again.pieces] == [piece.name for piece in calibration.pieces]
    for ours, theirs in zip(calibration.raw, again.raw, strict=True):
        for name in ROWS:
            before, after = getattr(ours.features, name), getattr(theirs.features, name)
            assert np.allclose(before, after, rtol=2e-3, atol=1e-3, equal_nan=True), name
    for name, standard in calibration.standards.items():
        rows = getattr(calibration.raw[0].features, name)
        after = again.standards[name].apply(rows)
        assert np.allclose(standard.apply(rows), after, rtol=0.01, atol=0.02), name


def test_music_relative_to_itself_is_centred_and_has_a_spread_of_one(calibration):
    rows = np.concatenate(
        [piece.features.standardized("tempogram") for piece in calibration.pieces]
    )
    assert rows.mean(axis=0) == pytest.approx(np.zeros(rows.shape[1]), abs=1e-3)
    assert rows.std(axis=0) == pytest.approx(np.ones(rows.shape[1]), abs=1e-3)


def test_without_a_calibration_nothing_is_relative(features, sounds):
    with pytest.raises(KeyError):
        features(sounds.pink(3, 22_050)).standardized("timbre")


def test_an_album_is_all_windows_of_its_pieces(calibration):
    assert [album.name for album in calibration.albums] == ["album 0", "album 1"]
    assert [album.features.windows for album in calibration.albums] == [20, 20]
    parts = [piece.features for piece in calibration.pieces[:2]]
    assert concatenate(parts).seconds == sum(part.seconds for part in parts)


def test_other_pieces_give_other_standards(calibration):
    fewer = ReferenceCorpus.of(calibration.raw[:3])
    assert not np.allclose(fewer.standards["timbre"].mean, calibration.standards["timbre"].mean)


def test_the_shipped_calibration_is_small_and_says_where_it_is_from():
    assert FILE.stat().st_size <= 300_000
    made = load_default()
    assert len(made.pieces) >= 30
    assert len(made.albums) >= 5
    sources = {one["name"]: one for one in made.provenance["pieces"]}
    for piece in made.pieces:
        source = sources[piece.name]
        assert len(source["sha256"]) == 64
        assert source["licence"] and source["package"] and source["file"]
        assert piece.features.windows >= 2
        assert np.isfinite(piece.features.embedding).all()
