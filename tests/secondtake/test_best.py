"""Links to the best takes, in a folder where other things lie as well."""

from pathlib import Path

import pytest

from secondtake.best import best_folder, best_link, link_best
from secondtake.errors import UserError
from secondtake.takes import wav_path

NAME = "bark_segment10_chorus"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for take in (NAME, f"{NAME}_take2"):
        path = wav_path(tmp_path, take)
        path.parent.mkdir(exist_ok=True)
        path.write_text(take)
    return tmp_path


def test_the_link_is_relative_and_opens_the_take(results):
    assert link_best(results, {NAME: f"{NAME}_take2"}) == []
    link = best_folder(results) / f"{NAME}.wav"
    assert str(link.readlink()) == f"../local_models/{NAME}_take2.wav"
    assert link.read_text() == f"{NAME}_take2"
    assert best_link(results, NAME, f"{NAME}_take2") == link
    assert best_link(results, NAME, NAME) is None


def test_a_link_moves_with_the_ranking_and_leaves_nothing_behind(results):
    link_best(results, {NAME: f"{NAME}_take2"})
    before = (best_folder(results) / f"{NAME}.wav").lstat().st_ino
    link_best(results, {NAME: f"{NAME}_take2"})
    assert (best_folder(results) / f"{NAME}.wav").lstat().st_ino == before  # untouched
    link_best(results, {NAME: NAME})
    assert best_link(results, NAME, NAME)
    assert [path.name for path in best_folder(results).iterdir()] == [f"{NAME}.wav"]


def test_stale_links_go_and_what_is_not_ours_stays(results):
    link_best(results, {NAME: NAME})
    mine = best_folder(results) / "favourite.wav"
    mine.write_text("mine")
    elsewhere = best_folder(results) / "elsewhere.wav"
    elsewhere.symlink_to("/somewhere/else.wav")
    assert link_best(results, {}) == []
    assert not (best_folder(results) / f"{NAME}.wav").is_symlink()
    assert mine.read_text() == "mine"
    assert elsewhere.is_symlink()


def test_a_file_in_the_links_place_is_left_alone_and_said(results):
    best_folder(results).mkdir()
    place = best_folder(results) / f"{NAME}.wav"
    place.write_text("mine")
    (trouble,) = link_best(results, {NAME: f"{NAME}_take2"})
    assert "was left alone; the best take is bark_segment10_chorus_take2.wav" in trouble
    assert place.read_text() == "mine"


def test_where_links_are_impossible_it_is_said(results, monkeypatch):
    def refuse(self: Path, target: str) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    (trouble,) = link_best(results, {NAME: NAME})
    assert "could not be linked" in trouble
    assert list(best_folder(results).iterdir()) == []


def test_the_folder_itself_is_no_way_out(results, tmp_path):
    (tmp_path / "outside").mkdir()
    best_folder(results).symlink_to(tmp_path / "outside")
    (trouble,) = link_best(results, {NAME: NAME})
    assert "no folder of ours" in trouble
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "nul\0", ""])
def test_only_file_names_become_links(results, name):
    with pytest.raises(UserError, match="cannot be the name of a take"):
        link_best(results, {name: NAME})
    with pytest.raises(UserError, match="cannot be the name of a take"):
        link_best(results, {NAME: name})
