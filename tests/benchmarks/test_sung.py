import csv
from dataclasses import fields
from pathlib import Path

import pytest
from benchmarks.analysis import sung
from benchmarks.analysis.sung import SOURCES, SPLITS, Source, recordings, sources

from secondtake.core.errors import UserError

SOUND = b"a recording"
SHA256 = "973d5cd4d1c9a99d1e00481a952b1f3664919095bb4f153c489091d1123c9cde"
KINDS = {"sung", "instrumental", "acappella", "speech"}


def source(split: str, name: str, sha256: str = SHA256) -> Source:
    return Source(
        split, "owner/demo", "c" * 40, f"my songs/{name}", sha256, "sung", "en", "pop", "model",
        "MIT", "",
    )  # fmt: skip


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of GitHub, and a table of one source of the test set and one of design."""
    folder = tmp_path / "remote"
    listed = (source("test", "a b.mp3"), source("design", "gone.mp3"))
    path = folder / "owner/demo" / ("c" * 40) / "my songs" / "a b.mp3"
    path.parent.mkdir(parents=True)
    path.write_bytes(SOUND)
    monkeypatch.setattr(sung, "FOLDER", tmp_path / "sung")
    monkeypatch.setattr(sung, "RAW", folder.as_uri())
    monkeypatch.setattr(sung, "sources", lambda: listed)
    return path


def test_a_file_is_fetched_once(remote: Path) -> None:
    (found,) = recordings("test")
    assert found.path.read_bytes() == SOUND
    remote.unlink()
    (again,) = recordings("test")
    assert again.path == found.path


def test_another_file_at_the_address_is_refused_and_not_kept(remote: Path) -> None:
    remote.write_bytes(b"another recording")
    with pytest.raises(UserError, match=r"holds another file than sung_sources\.tsv names"):
        list(recordings("test"))
    assert not source("test", "a b.mp3").path.exists()


def test_another_file_in_the_folder_is_refused(remote: Path) -> None:
    path = source("test", "a b.mp3").path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"another recording")
    with pytest.raises(UserError, match=r"a b\.mp3 is not the file of .*; delete it"):
        list(recordings("test"))


def test_a_file_that_cannot_be_fetched_can_be_put_there_by_hand(remote: Path) -> None:
    path = source("design", "gone.mp3").path
    with pytest.raises(UserError, match=r"my%20songs/gone\.mp3 cannot be fetched") as error:
        list(recordings("design"))
    assert str(error.value).endswith(f"put the file at {path}")
    path.parent.mkdir(parents=True)
    path.write_bytes(SOUND)
    assert [found.split for found in recordings()] == ["test", "design"]


def test_a_source_says_where_it_is_from() -> None:
    assert source("test", "a b.mp3").provenance == {
        "name": "owner/demo: my songs/a b.mp3",
        "repo": "owner/demo",
        "commit": "c" * 40,
        "file": "my songs/a b.mp3",
        "sha256": SHA256,
        "made_by": "model",
        "licence": "MIT",
        "language": "en",
        "genre": "pop",
    }


def test_the_table_is_whole_and_in_order() -> None:
    with SOURCES.open(encoding="utf-8", newline="") as table:
        head, *rows = csv.reader(table, delimiter="\t")
    assert head == [field.name for field in fields(Source)]
    assert {len(row) for row in rows} == {len(head)}
    order = [(SPLITS.index(each.split), each.repo, each.file) for each in sources()]
    assert order == sorted(order) and len(set(order)) == len(order)


def test_every_file_is_pinned_by_commit_and_sha256() -> None:
    for each in sources():
        assert len(each.sha256) == 64 and set(each.sha256) <= set("0123456789abcdef"), each.name
        assert len(each.commit) == 40 and set(each.commit) <= set("0123456789abcdef"), each.name
        assert each.kind in KINDS and each.made_by and each.licence and each.language, each.name
    assert len({each.sha256 for each in sources()}) == len(sources())


def test_no_repository_is_in_two_sets() -> None:
    repos = {split: {each.repo for each in sources() if each.split == split} for split in SPLITS}
    assert all(repos.values())
    assert len(set.union(*repos.values())) == sum(map(len, repos.values()))


def test_a_group_has_two_takes_at_least() -> None:
    groups = [(each.repo, each.group) for each in sources() if each.group]
    assert {group for group in groups if groups.count(group) < 2} == set()
