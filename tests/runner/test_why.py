"""Everything that led to a take, in words that a musician reads."""

import shutil
from dataclasses import replace

import pytest
from tests.core.takes_of_hum import first_job, hum_song, make, store
from tests.schemas import mistakes, parsed

from secondtake.core.errors import UserError
from secondtake.core.files import write_json
from secondtake.core.outcomes import Outcome, OutcomeFiles
from secondtake.core.plan import Request, plan
from secondtake.core.ranking_file import as_json, ranking_path
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_files import discard_take
from secondtake.core.take_store import write_kept
from secondtake.core.takes import Accelerator, write_record
from secondtake.runner.rank_song import rank_song
from secondtake.runner.take_lookup import find_take
from secondtake.runner.take_standing import remake_command
from secondtake.runner.why import why

NAME = "hum_segment1_instrumental"


@pytest.fixture
def told(capsys):
    """The text that is told of a take."""

    def tell(typed, song="hum"):
        capsys.readouterr()
        assert why(song, typed, as_json=False) == 0
        return capsys.readouterr().out

    return tell


def test_what_was_asked_for_and_how_it_was_made(hum, told):
    take = make(hum, first_job(hum), {"coarse": "c" * 64})
    made = replace(take.made, batch=3, dtype="int8", peak_memory_bytes=2 * 10**9)
    write_record(hum_song(hum).results, replace(take, made=made, remarks=("a note",)))
    text = told(NAME)
    for line in (
        f"{NAME}: results/hum/local_models/{NAME}.wav\n  1.00 s, 8000 Hz, mono",
        "take 1 by Hum (low) of segment 1, “First” (instrumental), of Hum",
        "1 s, at 100 BPM, A minor",
        f"seed {take.job.seed}: derived from song, segment, model and number of the take",
        "mood: calm (the default)",
        "01 January 2026, 00:00 UTC, on cpu in int8, in a batch of 3 takes at once",
        "0:02 of work for 1.00 s of sound, after 0:01 of loading; at most 2.0 GB of memory",
        "platform x; p 1",
        "environment: built from the lock e3b0c44298fc…",
        "threads: not recorded",
        "coarse: sha256 cccccccccccc…",
        "Warnings\n  one",
        "What its model made of the request\n  a note",
        "the current take of its job",
        "not verified yet: invoke verify --song songs/hum.toml",
        "not ranked yet: invoke rank --song songs/hum.toml",
        "not compared yet: invoke analyse --song songs/hum.toml",
        "make it again: invoke generate --models hum --segments 1 --force --song songs/hum.toml",
        f"prove that it can be: invoke reproduce {NAME} --song songs/hum.toml",
        f"listen: open results/hum/local_models/{NAME}.wav",
    ):
        assert line in text, line


def test_a_card_is_named_with_its_driver_its_memory_and_how_it_rounds(hum, told):
    take = make(hum, first_job(hum))
    card = Accelerator("NVIDIA H100", "9.0", "550.54.15", tf32_matmul=False, tf32_cudnn=False)

    def line_of(card):
        made = replace(take.made, device="cuda", peak_graphics_bytes=3 * 10**9, accelerator=card)
        write_record(hum_song(hum).results, replace(take, made=made))
        return next(line.strip() for line in told(NAME).splitlines() if "driver" in line)

    assert line_of(card) == (
        "NVIDIA H100 (compute capability 9.0), driver 550.54.15; nothing rounded to TF32; "
        "at most 3.0 GB of its memory"
    )
    rounding = replace(card, capability="", driver="", tf32_matmul=True, tf32_cudnn=True)
    assert line_of(rounding).startswith(
        "NVIDIA H100, driver not recorded; products and convolutions rounded to TF32;"
    )


def test_it_writes_nothing(hum, told):
    make(hum, first_job(hum))
    before = sorted(hum.root.rglob("*"))
    told(NAME)
    assert sorted(hum.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('mood = "loud"', "mood: loud (the song file)"),
        ("seed = 11", "seed 12: the song file's (11 for the first take, counted on)"),
    ],
)
def test_what_the_song_file_said(hum, told, line, words):
    song = hum.root / "songs" / "hum.toml"
    text = song.read_text(encoding="utf-8")
    song.write_text(text.replace('models = ["hum"]', f'models = ["hum"]\n[segment.hum]\n{line}'))
    job = first_job(hum, takes=2)
    if "seed" in line:
        job = replace(job, take=2, seed=12)
    make(hum, job)
    assert words in told(job.name)


def test_what_is_not_recorded_is_called_so(hum, told):
    job = first_job(hum, seed=5)
    make(hum, replace(job, settings={"mood": "loud"}))
    text = told(NAME)
    assert "seed 5: chosen; by whom is not recorded: --seed, or the song file as it was" in text
    assert "mood: loud (not recorded: a command line, or the song file as it was then)" in text
    assert (
        "make it again: nox -s hum -- --song songs/hum.toml --segment 1 --seed 5 --mood loud "
        "--force" in text
    )
    assert "not up to date: seed, settings changed" in text


def test_a_take_that_was_replaced_and_the_one_that_took_its_place(hum, told):
    old = store(hum, first_job(hum, seed=3), b"old")
    store(hum, first_job(hum), b"new")
    earlier = old.earlier_name
    current = told(NAME)
    assert f"{earlier}, of 2026-01-01, was replaced (it was made of: seed 3)" in current
    assert "up to date: the next run leaves it alone" in current
    text = told(earlier)
    assert "an earlier take: another has its job's name now" in text
    assert f"{NAME}, of 2026-01-01, took its place (this one was made of: seed 3)" in text
    assert "not ranked, as no earlier take is unless you keep it" in text
    assert "--seed 3 --force" in text


def test_kept_verified_ranked_and_compared(hum, told):
    take = store(hum, first_job(hum), b"new")
    results = hum_song(hum).results
    write_kept(results, "hum", [take.wav.sha256])
    write_json(ranking_path(results), as_json("hum", rank_song(hum_song(hum))))
    check = {"name": "clipping", "verdict": "warn", "figure": 3, "unit": "samples"}
    check |= {"threshold": "0", "note": "loud"}
    verdict = {"kind": "take", "verdict": "warn", "checks": [check], "sha256": take.wav.sha256}
    file = f"results/hum/local_models/{NAME}.wav"
    write_json(results / "verification.json", {"song": "hum", "files": [{"file": file, **verdict}]})
    overall = {"name": "overall", "question": "overall", "scaled": 0.234}
    compared = {"name": NAME, "sha256": take.wav.sha256, "against": "baseline"}
    compared |= {"measurements": [overall]}
    segment = {"number": 1, "baseline": {"state": "ready"}, "takes": [compared], "skipped": []}
    comparison = {"format": 2, "song": "hum", "segments": [segment], "findings": []}
    write_json(results / "analysis" / "comparison_results.json", comparison)
    text = told(NAME)
    for line in (
        "kept: you marked it with invoke keep",
        "verified: warn (clipping 3 samples (allowed: 0): loud)",
        "ranked 1 of 1, the best: ",
        "compared with the baseline: 0.23 in all (0 is other music, 1 the baseline itself)",
    ):
        assert line in text, text
    write_record(results, replace(take, wav=replace(take.wav, sha256="0" * 64)))  # another sound
    text = told(NAME)
    assert "not verified yet" in text and "not ranked yet" in text and "not compared yet" in text


def test_a_take_in_the_bin(hum, told):
    take = store(hum, first_job(hum), b"new")
    results = hum_song(hum).results
    OutcomeFiles(results).record("hum", {NAME: Outcome("done")})
    discard_take(results, take)
    text = told(NAME)  # by the name that it had
    assert f"in the bin; to take it back: invoke keep {take.earlier_name}" in text
    assert "the next run makes it again" in text and "not verified yet" not in text


def test_a_wav_that_was_changed_or_is_gone(hum, told):
    take = make(hum, first_job(hum))
    wav = hum_song(hum).results / "local_models" / take.wav.file
    wav.write_bytes(b"XXXX")
    assert "its wav was changed since it was made" in told(NAME)
    wav.unlink()
    assert "its wav is missing" in told(NAME)


def test_a_job_without_a_take_has_its_outcome_and_its_log(hum, told):
    outcome = Outcome("failed", "memory", "it was killed", "close other programs", "results/x.log")
    OutcomeFiles(hum_song(hum).results).record("hum", {NAME: outcome})
    text = told(NAME)
    for line in (
        "there is no such take",
        "failed: it was killed",
        "→ close other programs",
        "log: results/x.log",
        "to try it again: invoke generate --models hum --segments 1 --song songs/hum.toml",
    ):
        assert line in text


def test_a_name_that_nothing_has(hum):
    make(hum, first_job(hum))
    with pytest.raises(UserError, match=f"did you mean '{NAME}'"):
        why("hum", "hum_segment1_instrumentel", as_json=False)


def test_a_record_that_cannot_be_read(hum):
    take = make(hum, first_job(hum))
    (hum_song(hum).results / "local_models" / f"{take.name}.json").write_text("{")
    with pytest.raises(UserError, match="not a record of a take"):
        why("hum", NAME, as_json=False)


@pytest.mark.parametrize("fate", ["gone", "broken"])
@pytest.mark.parametrize(
    "typed", [NAME, f"results/hum/local_models/{NAME}.wav"], ids=["name", "file"]
)
def test_a_song_file_is_not_needed(hum, told, fate, typed):
    make(hum, first_job(hum))
    song = hum.root / "songs" / "hum.toml"
    song.unlink() if fate == "gone" else song.write_text("title = [")
    text = told(typed)
    assert "whether it is up to date is not known: " in text
    assert "make it again: only its record can: invoke reproduce" in text


def test_a_model_that_the_registry_no_longer_has(hum, told, monkeypatch):
    make(hum, first_job(hum))
    hum_model = MODELS["hum"]
    monkeypatch.delitem(MODELS, "hum")
    (hum.root / "songs" / "hum.toml").unlink()
    text = told(NAME)
    assert "not up to date: the registry has no model hum any more" in text
    assert "its defaults are not known" in text
    monkeypatch.setitem(MODELS, "hum", hum_model)


def test_the_command_that_makes_it_again_makes_the_same_job(hum):
    song = hum_song(hum)
    for number, seed in ((1, None), (2, None), (2, 9)):
        job = first_job(hum, takes=number)
        if number == 2:
            job = plan(song, Request(segments=(1,), takes=2, seed=seed))[1]
        make(hum, job)
        command = remake_command(find_take(hum, "hum", job.name), song, job)
        assert ("--takes 2" in command) is (number == 2)
        assert ("--seed 9" in command) is (seed == 9)


def test_as_json_it_is_what_its_schema_says(hum, capsys):
    make(hum, first_job(hum))
    OutcomeFiles(hum_song(hum).results).record("hum", {"hum_segment2_verse": Outcome("waiting")})
    for name in (NAME, "hum_segment2_verse"):
        assert why("hum", name, as_json=True) == 0
        assert mistakes("why", parsed(capsys.readouterr().out)) == []
    shutil.rmtree(hum.results)


def test_a_take_of_another_song_in_the_same_folder_is_told_apart(hum, told):
    take = make(hum, first_job(hum))
    write_record(hum_song(hum).results, replace(take, job=replace(take.job, song="other")))
    text = told(NAME)
    assert "is not known: it is a take of another song, 'other'" in text
    assert "(instrumental), of other" in text


@pytest.mark.parametrize("song", ["x" * 5000, "a\0b", "nowhere", "."])
def test_a_song_that_there_is_not_is_refused_as_everywhere(hum, song):
    with pytest.raises(UserError):
        why(song, NAME, as_json=False)
