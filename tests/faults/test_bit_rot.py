"""Bit rot: what is damaged, or not of ours, is named, and stops nothing but itself."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.faults.conftest import House
from tests.faults.studio import Studio
from tests.records import rewrite

from secondtake.core.outcomes import outcomes_folder
from secondtake.core.take_store import kept_path
from secondtake.core.takes import record_path, wav_path

SONG = ("--song", "hum")
RUN = ("invoke", "generate", *SONG, "--models", "hum")
FIRST, SECOND = "hum_segment1_instrumental", "hum_segment2_instrumental"


def flip(path: Path, bit: int) -> None:
    """Turn one bit of a file around; a number below 0 counts from its end."""
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def bind(path: Path) -> None:
    """A socket of this name."""
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may have 107 bytes
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path.name)
    os.chdir(here)


DAMAGE: tuple[Callable[[Path], object], ...] = (  # of a record
    lambda path: flip(path, 3000),
    lambda path: path.write_bytes(path.read_bytes()[:200]),
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"\xff\xfe\x00{}"),
    lambda path: path.write_bytes(b"[" * 100_000),
    lambda path: path.write_text(path.read_text().replace("8000", "9" * 6000)),
    lambda path: rewrite(path, lambda record: record["job"].update(song="other")),
    lambda path: shutil.copy(path.with_name(f"{FIRST}.json"), path),
    lambda path: (path.unlink(), path.mkdir()),
    lambda path: (path.unlink(), os.mkfifo(path)),
    lambda path: (path.unlink(), bind(path)),
    lambda path: (path.unlink(), path.symlink_to(path.name)),
    lambda path: (path.unlink(), path.symlink_to("nowhere")),
)
FOREIGN = (
    "{} 2.json", "{} (1).wav", "{}.sync-conflict-20260101-120000-ABCDEF.json", "._{}.wav",
    ".DS_Store", "Icon\r", "Thumbs.db",
)  # fmt: skip


def plant_foreign(folder: Path) -> None:
    """Put beside takes what synchronised folders, systems and people do."""
    for name in FOREIGN:
        shutil.copy(folder / f"{FIRST}.json", folder / name.format(FIRST))
    (folder / f"{FIRST}_take9.wav").mkdir()
    os.mkfifo(folder / f"{SECOND}_take9.wav")
    for place in (folder, folder.parent):
        os.mkfifo(place / "pipe.json")
        (place / "loop.wav").symlink_to("loop.wav")
        (place / "nowhere.wav").symlink_to("gone")
        for name in ("up", "again"):
            (place / name).symlink_to(".")


def succeeds(studio: Studio, *words: str) -> "CompletedProcess[str]":
    done = studio.type("invoke", *words, timeout=60)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done


def wavs(studio: Studio) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in studio.takes.glob("hum_*.wav")}


def test_a_damaged_record_stops_nothing_but_itself(studio: Studio) -> None:
    """A damaged record, whatever became of it, is named in every verb, stops none of them, and
    costs its own take, which the next run makes again."""
    studio.song(*["calm"] * (len(DAMAGE) + 1))
    succeeds(studio, *RUN[1:])
    whole = wavs(studio)
    for number, damage in enumerate(DAMAGE, 2):
        damage(record_path(studio.takes.parent, f"hum_segment{number}_instrumental"))
    for words in (("keep", FIRST), ("discard", FIRST), ("keep", FIRST), ("why", FIRST)):
        succeeds(studio, *words, *SONG)
    succeeds(studio, "clean", "--takes")
    plan = json.loads(succeeds(studio, *RUN[1:], "--dry-run", "--json").stdout)
    reasons = {job["name"]: job["reason"] for job in plan["jobs"]}
    assert reasons.pop(FIRST) is None and all(reasons.values())
    succeeds(studio, *RUN[1:])
    assert {name: wavs(studio)[name] for name in whole} == whole
    plan = json.loads(succeeds(studio, *RUN[1:], "--dry-run", "--json").stdout)
    assert not any(job["reason"] for job in plan["jobs"])


@pytest.mark.parametrize("bit", [20, 1100, -30])
def test_a_flipped_bit_is_noticed(studio: Studio, bit: int) -> None:
    """One bit flipped in a record or in a wav is named, and its take is made again, to the bit."""
    succeeds(studio, *RUN[1:])
    whole, results = wavs(studio), studio.takes.parent
    flip(record_path(results, FIRST), bit)
    flip(wav_path(results, SECOND), bit)
    plan = json.loads(succeeds(studio, *RUN[1:], "--dry-run", "--json").stdout)
    reasons = [job["reason"].partition(";")[0] for job in plan["jobs"]]
    assert reasons == ["its record is damaged", "the wav is missing or was changed"]
    succeeds(studio, *RUN[1:])
    assert wavs(studio) == whole


def test_what_others_put_beside_takes_is_ignored(studio: Studio) -> None:
    """Copies of a synchronised folder, files of a system, pipes, folders, links that lead nowhere
    or in a ring: no verb reads, moves or waits for them."""
    succeeds(studio, *RUN[1:])
    plant_foreign(studio.takes)
    names = sorted(path.name for path in studio.takes.iterdir())
    for words in (RUN[1:], ("keep", FIRST, *SONG), ("why", FIRST, *SONG), ("clean", "--takes")):
        succeeds(studio, *words)
    assert sorted(path.name for path in studio.takes.iterdir()) == names


def test_damaged_outcomes_are_begun_anew(studio: Studio) -> None:
    """A run whose outcomes' file is damaged goes on, writes it anew and keeps the damaged one."""
    succeeds(studio, *RUN[1:])
    path = outcomes_folder(studio.takes.parent) / "hum.json"
    flip(path, 2000)
    damaged = path.read_bytes()
    assert "hum.damaged.json" in succeeds(studio, *RUN[1:]).stderr
    assert path.with_name("hum.damaged.json").read_bytes() == damaged
    assert len(json.loads(path.read_text())["outcomes"]) == 2
    assert "warning" not in succeeds(studio, *RUN[1:]).stderr


def test_while_the_kept_takes_are_unknown_none_is_removed(studio: Studio) -> None:
    """While kept.json is damaged no take is removed, and keep and discard say what to do."""
    succeeds(studio, *RUN[1:])
    succeeds(studio, "keep", SECOND, *SONG)
    flip(kept_path(studio.takes.parent), 1200)
    studio.song("calm")  # which asks for the second no longer
    before = wavs(studio)
    assert "kept.json" in succeeds(studio, "clean", "--takes", "--yes").stdout
    for verb in ("keep", "discard"):
        refused = studio.type("invoke", verb, SECOND, *SONG)
        assert refused.returncode == 2 and "mark the takes again" in refused.stderr
    succeeds(studio, *RUN[1:], "--seed", "3")
    assert set(before.values()) <= set(wavs(studio).values())


ROT = """title = "Rot"
[[segment]]
number = 1
kind = "instrumental"
title = "One"
seconds = 2
models = ["sketch"]
[[segment]]
number = 2
kind = "instrumental"
title = "Two"
seconds = 2
models = ["sketch"]
"""
TAKE, OTHER = "sketch_segment1_instrumental", "sketch_segment2_instrumental"


@pytest.fixture
def rot(house: House) -> Iterator[Path]:
    """The results of a song of two short sketches, judged by every stage."""
    project = house.project
    (project.root / "songs" / "rot.toml").write_text(ROT, encoding="utf-8")
    judge(house)
    yield project.results / "rot"
    shutil.rmtree(project.results / "rot")


def judge(house: House, *words: str) -> None:
    words = words or ("generate-all", "--models", "sketch")
    done = house.type("invoke", *words, "--song", "rot")
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr


def judged(results: Path) -> dict[str, bytes]:
    """What the stages wrote, but for the pictures."""
    paths = [p for kind in ("*.json", "*.md", "*.html") for p in results.rglob(kind)]
    return {str(path): path.read_bytes() for path in paths if "local_models" not in path.parts
            and not path.name.startswith((".", "PHASE2"))}  # fmt: skip


def test_no_stage_stumbles_over_what_is_not_ours(house: House, rot: Path) -> None:
    """Verify, rank, analyse, page and report list the foreign files beside takes once, ignore
    them, and name a damaged record while they judge the other takes."""
    folder = rot / "local_models"
    for name in FOREIGN:
        shutil.copy(folder / f"{TAKE}.json", folder / name.format(TAKE))
    done = house.type("invoke", "verify", "--song", "rot")
    assert done.returncode == 0, done.stderr
    assert all(done.stdout.count(name.format(TAKE)) == 1 for name in FOREIGN if name != "Icon\r")
    flip(record_path(rot, OTHER), 3000)
    done = house.type("invoke", "verify", "--song", "rot")
    assert done.returncode == 1 and f"invoke discard {OTHER}" in done.stdout
    for verb in ("rank", "analyse", "page", "report"):
        judge(house, verb)
    figures = json.loads((rot / "analysis" / "comparison_results.json").read_text())
    assert [len(segment["takes"]) for segment in figures["segments"]] == [1, 0]


def test_a_damaged_result_is_made_again(house: House, rot: Path) -> None:
    """A bit flipped in the verdicts, the ranking, the comparison, the list of clips, or in what
    is remembered of them, becomes no figure: the next run writes all of them as they were."""
    whole = judged(rot)
    for path in rot.rglob("*.json"):
        if path.parent.name not in ("local_models", "outcomes"):
            flip(path, 8 * 200)
    for path in (house.project.cache / "analysis").glob("*-*"):  # an entry's kind and hash
        flip(path, -20)
    judge(house)
    assert judged(rot) == whole
