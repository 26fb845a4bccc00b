from benchmarks.analysis.tempo_and_key import Part, evidence, halves, summary

SURE = {"tempo_clarity": 0.6, "key_second": "C major", "key_margin": 0.15, "key_fit": 0.9}


def part(song: str, bpm: float | None, key: str, **more: float) -> Part:
    measured = {**SURE, "tempo_bpm": bpm, "key": key, **more}
    return Part(song, song, song, "sung", measured)


ONE = [part("one", 100.0, "A minor"), part("one", 101.0, "C major")]
TWO = [part("two", 50.0, "A minor"), part("two", None, "A minor", key_fit=0.5)]


def test_halves_are_of_one_song() -> None:
    assert [(a.song, b.song) for a, b in halves([*ONE, *TWO])] == [("one", "one")] * 2 + [
        ("two", "two")
    ] * 2


def test_what_cannot_be_told_counts_in_no_agreement() -> None:
    table = summary([*ONE, *TWO])
    assert "| sung | tempo | 75 % of 4 | 100 % | 0 % | 0 % |" in table
    assert "| sung | key | 75 % of 4 | 0 % | 100 % | 50 % |" in table


def test_agreement_by_evidence_shows_the_likeliest_key_all_the_same() -> None:
    table = evidence([*ONE, *TWO])
    assert "| fit of the key | 0.5 to 0.6 | 1 | 100 % | 0 % |" in table
    assert "| clarity of the pulse | 0.5 to 1 | 3 | 67 % | 0 % |" in table
