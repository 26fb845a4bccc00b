"""Links to the best takes, in a folder where other things lie as well.

Whole takes of the humming model, with verification and lyrics that say what a test wants.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.core.takes_of_hum import hum_song, make

from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of, write_json
from secondtake.core.jobs import Job
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.ranking_file import RankedGroup, as_json, ranking_path, read_rankings
from secondtake.core.takes import Take, wav_path, write_record
from secondtake.runner.rank_song import best_folder, best_link, link_best, rank_song

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
    own_file = best_folder(results) / "favourite.wav"
    own_file.write_text("mine")
    elsewhere = best_folder(results) / "elsewhere.wav"
    elsewhere.symlink_to("/somewhere/else.wav")
    assert link_best(results, {}) == []
    assert not (best_folder(results) / f"{NAME}.wav").is_symlink()
    assert own_file.read_text() == "mine"
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


SUNG = 2  # the segment with lyrics


@pytest.fixture
def three(hum: Project) -> tuple[Job, ...]:
    """Three takes of the sung segment, each with a sound of its own."""
    jobs = plan(hum_song(hum), Request(segments=(SUNG,), takes=3))
    for job in jobs:
        sing(hum, job)
    return jobs


def sing(project: Project, job: Job, **details: Any) -> Take:
    """A take whose wav is its own name."""
    take = make(project, job)
    path = wav_path(hum_song(project).results, job.name)
    path.write_bytes(job.name.encode())
    wav = replace(take.wav, sha256=sha256_of(path), bytes=path.stat().st_size)
    take = replace(take, wav=wav, details=details)
    write_record(hum_song(project).results, take)
    return take


def check(name: str, verdict: str = "pass", figure: float | None = None) -> dict[str, Any]:
    return {"name": name, "verdict": verdict, "figure": figure}


def verify(project: Project, **checks: list[dict[str, Any]]) -> None:
    """verification.json with these checks by take number ("one", "two", "three"), else a level."""
    results, words = hum_song(project).results, ("", "one", "two", "three")
    files = []
    for path in sorted((results / "local_models").glob("*.wav")):
        number = int(path.stem[-1]) if "_take" in path.stem else 1
        results_of_take = checks.get(words[number], [check("loudness", figure=-16.0)])
        name = f"results/local_models/{path.name}"
        files.append(
            {"file": name, "kind": "take", "sha256": sha256_of(path), "checks": results_of_take}
        )
    write_json(results / "verification.json", {"files": files})


def hear(project: Project, job: Job, **changes: Any) -> Path:
    path = hum_song(project).results / "lyrics" / f"{job.name}.json"
    sha256 = sha256_of(wav_path(hum_song(project).results, job.name))
    lyrics = {"format": 1, "take": job.name, "wav_sha256": sha256, "heard": "la la"}
    write_json(path, {**lyrics, "cer": 0.5, "words_understood": 0.5, **changes})
    return path


def ranked(project: Project) -> RankedGroup:
    """The sung segment's group."""
    (group,) = [g for g in rank_song(hum_song(project)) if g.segment == SUNG]
    return group


def numbers(project: Project) -> list[int]:
    return [take.number for take in ranked(project).takes]


def test_without_any_judgement_the_first_take_leads_and_what_is_missing_is_said(hum, three):
    group = ranked(hum)
    assert numbers(hum) == [1, 2, 3]
    assert group.set_aside == (
        "checks, warnings, level not judged: not verified (takes 1, 2, 3)",
        "words, voice not judged: nobody listened for the words (takes 1, 2, 3)",
    )


def test_the_take_whose_words_are_understood_leads(hum, three):
    verify(hum)
    for job, cer in zip(three, (0.42, 0.11, 0.73), strict=True):
        hear(hum, job, cer=cer, words_understood=1 - cer)
    group = ranked(hum)
    assert numbers(hum) == [2, 1, 3]
    assert group.best == three[1].name
    assert group.takes[0].reason == (
        "words: 89% of the words understood (CER 0.11); "
        "take 1: 58% of the words understood (CER 0.42)"
    )
    assert group.takes[2].reason.startswith("behind take 1 by words: 27%")


def test_a_tenth_of_the_letters_is_as_fine_as_words_decide(hum, three):
    verify(hum, three=[check("loudness", figure=-16.0)], one=[check("loudness", figure=-20.0)])
    for job, cer in zip(three, (0.12, 0.9, 0.19), strict=True):
        hear(hum, job, cer=cer)
    assert numbers(hum) == [3, 1, 2]  # 1 and 3 differ by level


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"wav_sha256": "0" * 64}, "is about an earlier wav"),
        ({"format": 2}, "has format 2"),
        ({"cer": "low"}, "holds no figures"),
        ({"cer": -1}, "holds no figures"),
        ({"cer": 10**400}, "cannot be read"),
        ({"heard": None}, "holds no figures"),
    ],
)
def test_lyrics_that_are_not_about_this_wav_decide_nothing(hum, three, changes, why):
    verify(hum)
    for job in three:
        hear(hum, job, cer=0.1 * (4 - job.take))
    hear(hum, three[2], **changes)
    assert numbers(hum) == [1, 2, 3]
    assert any(why in said and "(take 3)" in said for said in ranked(hum).set_aside)


def test_a_take_that_sings_its_prompt_goes_behind(hum, three):
    verify(hum)
    for job, tags in zip(three, (["latin trap", "man"], [], []), strict=True):
        hear(hum, job, cer=0.1 * job.take, sung_prompt=tags)
    assert numbers(hum) == [2, 3, 1]
    reason = "behind take 3 by prompt: it sings its own prompt (latin trap, man)"
    assert ranked(hum).takes[2].reason == reason
    hear(hum, three[2], cer=0.3)  # a file from before the prompt was looked for
    assert numbers(hum) == [1, 2, 3] and ranked(hum).set_aside == ()


def test_no_voice_at_all_weighs_more_than_level(hum, three):
    verify(hum, one=[check("loudness", figure=-16.0)], two=[check("loudness", figure=-30.0)])
    hear(hum, three[0], heard=" ", cer=1.0)
    hear(hum, three[1], heard="something", cer=1.0)
    hear(hum, three[2], heard="", cer=1.3)
    assert numbers(hum) == [2, 1, 3]
    assert "voice" in ranked(hum).takes[0].reason


def test_a_failed_check_is_behind_everything_and_all_failed_has_no_best(hum, three):
    silent = [check("silence", "fail", 1.0)]
    verify(hum, one=silent)
    assert numbers(hum) == [2, 3, 1]
    assert ranked(hum).takes[2].reason == "behind take 3 by checks: failed: silence"
    verify(hum, one=silent, two=silent, three=silent)
    assert ranked(hum).best is None


def test_mistakes_retakes_and_seams_that_the_record_tells(hum, three):
    verify(hum)
    clean, flagged = {"flags": []}, {"flags": ["a loop from 3.2 s"]}
    sing(hum, three[0], windows=[clean, flagged], retakes=0, seams=[{"warnings": []}])
    sing(hum, three[1], windows=[clean, clean], retakes=2, seams=[{"warnings": []}])
    sing(hum, three[2], windows=[clean, clean], retakes=[{}], seams=[{"warnings": ["a jump"]}])
    assert numbers(hum) == [3, 2, 1]
    assert "1 mistake noticed (a loop from 3.2 s)" in ranked(hum).takes[2].reason
    sing(hum, three[1], windows=[clean, clean], retakes=1, seams=[{"warnings": []}])
    assert numbers(hum) == [2, 3, 1]
    assert "seams: no warnings on its seams" in ranked(hum).takes[0].reason


def test_a_warning_counts_before_the_level(hum, three):
    loud = check("loudness", figure=-16.2)
    verify(
        hum,
        one=[loud, check("dropouts", "warn", 3.0)],
        two=[check("loudness", figure=-25.0)],
        three=[check("loudness", figure=-14.9)],
    )
    assert numbers(hum) == [3, 2, 1]
    assert ranked(hum).takes[0].reason == (
        "level: -14.9 LUFS, 1 LU from the usual -16; take 2: -25.0 LUFS, 9 LU from the usual -16"
    )


def test_a_take_of_an_older_text_does_not_lead(hum, three):
    old = replace(three[0], lyrics="Lo lo")
    sing(hum, old)
    assert numbers(hum) == [2, 3, 1]
    assert "made before the song file changed (lyrics)" in ranked(hum).takes[2].reason


def test_an_instrumental_is_ranked_by_what_applies(hum):
    jobs = plan(hum_song(hum), Request(segments=(1,), takes=2))
    for job in jobs:
        sing(hum, job)
    verify(hum, one=[check("loudness", figure=-40.0)])
    (group,) = rank_song(hum_song(hum))
    assert [take.number for take in group.takes] == [2, 1]
    assert group.set_aside == ()
    assert not {"words", "voice"} & set(group.takes[0].findings)


def test_damaged_takes_and_takes_of_no_segment_are_not_ranked(hum, three):
    results = hum_song(hum).results
    wav_path(results, three[0].name).write_bytes(b"changed")
    (results / "local_models" / f"{three[1].name}.json").write_text("{")
    sing(hum, replace(three[2], segment=77))
    assert numbers(hum) == [3]
    assert ranked(hum).takes[0].reason == "the only take"
    assert ranked(hum).set_aside == ()


@pytest.mark.parametrize("text", ["", "[]", '{"files": [{}]}', "[" * 10_000])
def test_a_verification_that_cannot_be_read_verifies_nothing(hum, three, text):
    (hum_song(hum).results / "verification.json").write_text(text)
    assert ranked(hum).set_aside[0].startswith("checks, warnings, level not judged")


def test_the_file_reads_back_and_is_the_same_twice(hum, three):
    verify(hum)
    groups = rank_song(hum_song(hum))
    path = ranking_path(hum_song(hum).results)
    assert write_json(path, as_json("hum", groups))
    assert not write_json(path, as_json("hum", rank_song(hum_song(hum))))
    rankings = read_rankings(path.parent, "hum")
    assert list(rankings.groups.values()) == groups
    files = {take.take: take.sha256 for take in groups[0].takes}
    assert rankings.of(SUNG, "hum", files) == groups[0]
    assert rankings.of(SUNG, "hum", {**files, three[0].name: "other"}) is None
    assert rankings.of(SUNG, "hum", dict(list(files.items())[:2])) is None


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (None, "absent"),
        ("{", "unreadable"),
        ("[]", "unreadable"),
        ('{"format": 2}', "unreadable"),
        ('{"format": 1, "song": "other", "groups": []}', "other song"),
        ('{"format": 1, "song": "hum", "groups": [{"takes": []}]}', "unreadable"),
    ],
)
def test_what_is_wrong_with_the_file_is_a_state(tmp_path, text, state):
    if text is not None:
        ranking_path(tmp_path).write_text(text)
    assert read_rankings(tmp_path, "hum").state == state
