"""The benchmark that asks whether CLAP tells a recording's own prompt from others."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.judges.prompt_adherence import Scores, file_areas, row, with_interval
from benchmarks.judges.prompted_files import commit_of, prompted_files


def a_score(prompts: np.ndarray, floor: float = 0.3) -> Scores:
    """Of files each of which has a prompt of its own. prompts: (files, files)."""
    count = len(prompts)
    differs = ~np.eye(count, dtype=bool)
    return Scores(np.diagonal(prompts), prompts, differs, np.full(count, floor))


def test_of_each_file_the_share_of_prompts_that_are_below_its_own() -> None:
    prompts = np.array([[0.5, 0.1, 0.2], [0.4, 0.3, 0.2], [0.1, 0.6, 0.1]])
    score = a_score(prompts)
    assert file_areas(score, np.ones(3)) == pytest.approx([1.0, 0.5, 0.25])
    assert file_areas(score, np.array([0.0, 1.0, 3.0])) == pytest.approx([1.0, 1.0, 0.0])


def test_prompts_that_say_the_same_are_not_compared() -> None:
    score = a_score(np.array([[0.1, 0.9], [0.1, 0.9]]))
    alike = Scores(score.own, score.prompts, np.zeros((2, 2), dtype=bool), score.floor)
    assert np.isnan(file_areas(alike, np.ones(2))).all()


def test_a_judge_that_knows_and_one_that_guesses() -> None:
    knows = a_score(np.eye(30))
    assert row("x", [knows]) == ("x", "30", "1.00 [1.00, 1.00]", "1.00 [1.00, 1.00]")
    guesses = a_score(np.random.default_rng(5).random((60, 60)), 0.5)
    _, count, area, above = row("all", [knows, guesses])
    assert count == "90"
    assert float(area[:3]) == pytest.approx(0.67, abs=0.06)  # a third knows
    assert float(above[:3]) == pytest.approx(0.67, abs=0.1)


def test_an_interval_has_the_width_that_the_files_give() -> None:
    values = np.tile([0.0, 1.0], 50)
    text = with_interval(lambda drawn: float((values * drawn).sum() / drawn.sum()), 100)
    assert text.startswith(".50 [.40, .") or text.startswith(".50 [.41, .")


def test_recordings_are_found_with_their_prompts(tmp_path: Path) -> None:
    notes = {"Songs/a": "calm\npiano ", "Songs/b": "loud", "Controlability-edit/c": "cry -> laugh"}
    for name, prompt in notes.items():
        note = tmp_path / f"raw/samples/{name}_prompt.txt"
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(prompt)
    for name in ("mp3/samples/Songs/a.mp3", "opus/samples/Controlability-edit/c.opus"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "audio").mkdir()
    for name in ("disco, loud.wav", "slam.wav"):
        (tmp_path / "audio" / name).touch()
    cell = '| <audio controls><source src="audio/{}" type="audio/mpeg">No.</audio> | {} |'
    table = (
        "| Generated Stereo Music | Prompt |",
        cell.format("disco, loud.wav", "Disco. 115 BPM."),
        cell.format("not there.wav", "Nothing."),
        "| Generated Stereo Sounds | Prompt |",
        cell.format("slam.wav", "Door slam."),
    )
    (tmp_path / "README.md").write_text("\n".join(table))
    found = [(file.path.name, file.prompt) for file in prompted_files(tmp_path)]
    assert found == [("a.mp3", "calm piano"), ("disco, loud.wav", "Disco. 115 BPM.")]
    assert {file.source for file in prompted_files(tmp_path)} == {tmp_path.name}
    assert prompted_files(tmp_path / "raw") == []
    assert commit_of(tmp_path) == "no commit"
