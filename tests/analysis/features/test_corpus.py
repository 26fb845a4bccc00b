import json
from dataclasses import replace

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
from secondtake.analysis.features.kind import MUSIC


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


def test_a_song_is_all_windows_of_its_stretches(calibration):
    stretches = tuple(replace(piece, name="one song") for piece in calibration.raw[:2])
    corpus = replace(calibration, raw=(*stretches, calibration.raw[2]))
    assert [song.name for song in corpus.songs] == ["one song", "piece 2"]
    assert [song.features.windows for song in corpus.songs] == [10, 5]
    parts = [piece.features for piece in stretches]
    assert concatenate(parts).seconds == sum(part.seconds for part in parts)


def test_other_pieces_give_other_standards(calibration):
    fewer = ReferenceCorpus.of(calibration.raw[:3])
    assert not np.allclose(fewer.standards["timbre"].mean, calibration.standards["timbre"].mean)


def test_the_shipped_calibration_is_small_and_says_where_it_is_from():
    assert FILE.stat().st_size <= 2_000_000
    shipped = load_default()
    songs = {kind: {p.name for p in shipped.raw if p.kind == kind} for kind in MUSIC}
    assert len(songs["sung"]) >= 50 and len(songs["instrumental"]) >= 30
    sources = {source["name"]: source for source in shipped.provenance["pieces"]}
    learned_on = {source["sha256"] for source in shipped.provenance["learned_on"]}
    for piece in shipped.pieces:
        source = sources[piece.name]
        assert len(source["sha256"]) == 64 and source["sha256"] not in learned_on
        assert source["licence"] and source["file"]
        assert source.get("package") or len(source["commit"]) == 40
        assert piece.features.windows >= 1
        assert np.isfinite(piece.features.embedding).all()
