from dataclasses import replace

import numpy as np
import pytest
from benchmarks.analysis.excerpts import Excerpt
from benchmarks.analysis.impostors import MAKERS
from benchmarks.analysis.learning import (
    _logistic,
    _weights_of_pairs,
    kind_of,
    learned_classifier,
    learned_weights,
)
from tests.benchmarks.dealt import deal, material

from secondtake.analysis.features.corpus import Piece, ReferenceCorpus
from secondtake.analysis.features.kind import KINDS
from secondtake.analysis.metrics.overall import BIAS, NEUTRAL, PARTS, likeness


@pytest.fixture(scope="module")
def corpus(dealt: list[Excerpt]) -> ReferenceCorpus:
    return ReferenceCorpus.of([Piece(each.song, each.album, each.features) for each in dealt])


def test_weights_that_are_known_are_found() -> None:
    random = np.random.default_rng(5)
    rows = np.stack([*random.normal(size=(2, 20_000)), np.ones(20_000)], axis=1)
    wanted = random.random(20_000) < 1 / (1 + np.exp(-(rows @ [2.0, -1.0, 0.5])))
    found = _logistic(rows, wanted, np.ones(20_000))
    assert found == pytest.approx([2, -1, 0.5], abs=0.1)


def test_a_pair_that_counts_twice_is_as_good_as_two() -> None:
    random = np.random.default_rng(6)
    rows = np.stack([random.normal(size=400), np.ones(400)], axis=1)
    wanted, counts = random.random(400) < 0.5, random.integers(1, 4, 400)
    twice = np.repeat(np.arange(400), counts)
    found = _logistic(rows[twice], wanted[twice], np.ones(len(twice)))
    assert _logistic(rows, wanted, counts.astype(float)) == pytest.approx(found, abs=1e-3)


def test_two_kinds_that_are_far_apart_keep_finite_weights() -> None:
    rows = np.stack([np.repeat([-1.0, 1.0], 50), np.ones(100)], axis=1)
    found = _logistic(rows, rows[:, 0] > 0, np.ones(100))
    assert 1 < found[0] < 20


def test_every_relation_has_its_share_of_the_weight_however_many_pairs_it_has() -> None:
    relations = np.repeat(
        ["half", "take", "sung", "instrumental", "mixed", "noise"], [9, 5, 3, 7, 2, 4]
    )
    kinds = {"half": ("sung", "sung"), "take": ("sung", "sung"), "sung": ("sung", "sung")}
    kinds |= {"instrumental": ("instrumental",) * 2, "mixed": ("sung", "instrumental")}
    kinds |= {"noise": ("noise", "sung")}
    ours, theirs = (np.array([kinds[name][side] for name in relations]) for side in range(2))
    counts = _weights_of_pairs(relations == "half", relations == "take", ours, theirs)
    found = {name: float(counts[relations == name].sum()) for name in kinds}
    assert found == pytest.approx(
        {"half": 0.4, "take": 0.1, "sung": 0.2, "instrumental": 0.1, "mixed": 0.05, "noise": 0.15}
    )


def test_what_tells_songs_apart_outweighs_what_is_drawn_by_lot(
    dealt: list[Excerpt], others: list[Excerpt], corpus: ReferenceCorpus
) -> None:
    weights = learned_weights([*dealt, *others], corpus)
    parts = [part.name for part in PARTS]
    assert set(weights) == {BIAS, *parts, *(NEUTRAL + part for part in parts)}
    assert abs(weights["harmony"]) < 0.1 * weights["embedding"]
    assert 0 < weights[NEUTRAL + "embedding"] < 1  # between strangers and a song's own windows


def test_second_takes_are_no_strangers(dealt: list[Excerpt], corpus: ReferenceCorpus) -> None:
    """Half of the songs have their stretches named as two recordings, of one group or of none."""

    def named(grouped: bool) -> list[Excerpt]:
        takes = [
            replace(e.material, song=f"{e.song} {e.half}", group=e.song if grouped else "")
            for e in dealt[::4] + dealt[1::4]
        ]
        apart = [
            replace(e, material=take)
            for e, take in zip(dealt[::4] + dealt[1::4], takes, strict=True)
        ]
        return [*apart, *dealt[2::4], *dealt[3::4]]

    halves = [corpus.standardized(each.features) for each in dealt[:2]]
    odds = []
    for grouped in (True, False):
        metric = likeness(replace(corpus, weights=learned_weights(named(grouped), corpus)))
        assert metric is not None and metric.pairs is not None
        odds.append(float(metric.pairs(*halves).mean()))
    assert odds[0] > max(2.0, odds[1] + 1)


def test_every_sound_has_a_kind_but_sketches() -> None:
    def name(kind: str) -> str:
        return kind_of(Excerpt(material("", kind=kind), 0, 0.0, None, {}))  # type: ignore[arg-type]

    assert {name(kind) for kind in MAKERS} == {"noise", "tone"}
    assert (name("alarm"), name("surf"), name("acappella")) == ("tone", "noise", "sung")
    assert [name(kind) for kind in KINDS[:3]] == list(KINDS[:3])
    assert name("sketch") == ""


def test_a_kind_is_known_again_in_sounds_that_nothing_was_learned_from(
    dealt: list[Excerpt], others: list[Excerpt], corpus: ReferenceCorpus
) -> None:
    classifier = learned_classifier([*dealt, *others], corpus)
    random = np.random.default_rng(9)
    for kind in ("sung", "instrumental", "speech", "white noise", "sine"):
        (new,) = deal(material("new", kind=kind), random, halves=1)
        found = classifier.classify(new.features)
        assert found.name == kind_of(new), kind
        assert found.probability > 0.5
