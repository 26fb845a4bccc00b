from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from benchmarks.analysis import sung
from benchmarks.analysis.model_output import TABLE, fired, maker, output_table
from benchmarks.analysis.sung import Source, sources
from tests.sounds import Sounds

ANY = sources(TABLE)[0]


def made_by(name: str) -> Source:
    return replace(ANY, made_by=name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("YuE", "YuE"),
        ("DiffRhythm (lyrics of known songs)", "DiffRhythm"),
        ("SongComposer + SVS", "SongComposer"),
        ("human, commercial", "people"),
        ("human? (10 s style prompt)", "people"),
    ],
)
def test_the_maker_without_what_the_table_adds(name: str, expected: str) -> None:
    assert maker(made_by(name)) == expected


def test_no_repository_and_no_bytes_are_in_two_sets() -> None:
    both = (*sources(), *sources(TABLE))
    splits = {each.repo: each.split for each in both}
    assert [each.name for each in both if splits[each.repo] != each.split] == []
    assert len({each.sha256 for each in both}) == len(both)


def test_what_fires_on_a_file_that_hums_where_a_voice_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sung, "FOLDER", tmp_path)
    source = replace(ANY, kind="sung", made_by="Bark")
    source.path.parent.mkdir(parents=True)
    soundfile.write(source.path, Sounds.sine(440, 6, 1.3), 22_050, subtype="FLOAT")
    name, checks = fired(source)
    assert name == "Bark"
    assert {"steady tone", "voice", "beyond full scale", "true peak (hint)"} <= checks
    assert "voice" not in fired(replace(source, kind="instrumental"))[1]


def test_the_table_has_a_share_for_each_maker_of_three_files() -> None:
    def files(name: str, *checks: Sequence[str]) -> list[tuple[str, frozenset[str]]]:
        return [(name, frozenset(each)) for each in checks]

    test = [
        *files("YuE", ["hiss"], ["hiss"], [], []),
        *files("Suno v4.5", ["loop"]),
        *files("people", []),
    ]
    lines = output_table(test, files("Bark", ["loop"], [])).splitlines()
    assert lines[0] == "| check | YuE (4) | people (1) | all (6) | design (2) |"
    assert lines[2:] == ["| hiss | 50 % | – | 33 % | – |", "| loop | – | – | 17 % | 50 % |"]
