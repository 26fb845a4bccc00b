"""What a killed run leaves."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.studio import PATIENCE, Studio, happens

from secondtake.core.leftovers import ENVIRONMENTS
from secondtake.core.run_lock import LOCK_NAME

GENERATE = ("invoke", "generate", "--song", "hum")
SESSION = ("nox", "-s", "hum", "--", "--song", "hum")
TAKES, OUTCOMES = "results/hum/local_models", "results/hum/outcomes"
TAKE = "hum_segment1_instrumental"
FUTURE = 4e9  # a clock that was wrong


def rests(studio: Studio) -> list[Path]:
    """Whatever a write, a build or a move that was cut short leaves."""
    root = studio.project.root
    paths = [*root.rglob("*.part"), *(root / ENVIRONMENTS).glob(".*"), *root.glob(LOCK_NAME)]
    folder = studio.takes.parent
    paths += [
        wav
        for name in ("local_models", "discarded")
        for wav in (folder / name).glob("*.wav")
        if not wav.with_suffix(".json").exists()
    ]
    return [*paths, *(folder / "discarded").glob("*.json")]


def whole(studio: Studio) -> dict[str, tuple[int, int]]:
    """Each take: which file its wav is, and when it was written."""
    states = {path.stem: path.with_suffix(".wav").stat() for path in studio.takes.glob("*.json")}
    return {name: (state.st_ino, state.st_mtime_ns) for name, state in states.items()}


def killed(studio: Studio, words: tuple[str, ...], when: float | str) -> None:
    """Type a command, and kill it with all that it started: after so many seconds, or as soon as
    something half done lies in this folder of the project."""
    process = studio.start(*words)
    started: list[int] = []
    if isinstance(when, float):
        time.sleep(when)
    else:
        folder = studio.project.root / when
        if when != ENVIRONMENTS:  # known beforehand: a write takes milliseconds
            assert happens(lambda: any("--worker" in line for line in studio.alive().values()))
            started = list(studio.alive())
        deadline = time.monotonic() + PATIENCE
        while not half_done(folder) and time.monotonic() < deadline and process.poll() is None:
            pass
    for number in (*started, *studio.alive()):
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue
    assert studio.none_alive()
    process.communicate()


def half_done(folder: Path) -> bool:
    try:
        return any(path.name.startswith(".") for path in folder.iterdir())
    except FileNotFoundError:
        return False


def rerun(studio: Studio, words: tuple[str, ...]) -> None:
    done = studio.type(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def remove_takes(studio: Studio) -> None:
    shutil.rmtree(studio.takes, ignore_errors=True)


def remove_environment(studio: Studio) -> None:
    remove_takes(studio)
    shutil.rmtree(studio.project.root / ENVIRONMENTS, ignore_errors=True)


@pytest.mark.parametrize(
    ("words", "again", "moments"),
    [
        (GENERATE, remove_environment, (0.6, 0.7, ENVIRONMENTS, ENVIRONMENTS)),
        (GENERATE, remove_takes, (0.8, 1.4, 2.0, TAKES, TAKES, OUTCOMES)),
        (SESSION, remove_takes, (1.0, 1.6)),
    ],
    ids=["a build", "a run", "a session"],
)
def test_a_killed_run_leaves_nothing_behind_the_next(
    studio: Studio,
    words: tuple[str, ...],
    again: Callable[[Studio], None],
    moments: tuple[float | str, ...],
) -> None:
    """Killed anywhere (run, worker and all), the same command typed again ends as if it had never
    been: nothing is left over, no take is lost, and none that was whole is made again."""
    studio.song("heavy", "calm")
    if again is remove_takes:
        studio.song("calm")
        rerun(studio, GENERATE)
        studio.song("heavy", "calm")
    left: list[str] = []
    for moment in moments:
        again(studio)
        killed(studio, words, moment)
        before = whole(studio)
        left += [rest.name for rest in rests(studio)]
        rerun(studio, words)
        assert rests(studio) == [], moment
        after = whole(studio)
        assert len(after) == 2 and before.items() <= after.items(), moment
    is_hit = any(name.startswith(".building-") or name.endswith(".part") for name in left)
    assert is_hit or words is SESSION, "no kill came in the middle of anything"


def test_a_killed_keep_or_discard_leaves_nothing_behind_the_next(studio: Studio) -> None:
    """A take is discarded, or taken back, as a whole: killed anywhere, the next try leaves it in
    one place."""
    studio.song("calm")
    rerun(studio, GENERATE)
    (take,) = whole(studio)
    for moment in (0.4, 0.45, 0.5):
        killed(studio, ("invoke", "discard", take, "--song", "hum"), moment)
        names = [path.stem for path in studio.takes.glob("*.wav")]
        if names:
            rerun(studio, ("invoke", "discard", names[0], "--song", "hum"))
        assert whole(studio) == {}
        (discarded,) = (studio.takes.parent / "discarded").glob("*.json")
        killed(studio, ("invoke", "keep", discarded.stem, "--song", "hum"), moment)
        names = [path.stem for path in (studio.takes.parent / "discarded").glob("*.json")]
        rerun(studio, ("invoke", "keep", *(names or [take]), "--song", "hum"))
        assert list(whole(studio)) == [take] and rests(studio) == []


def test_whatever_an_old_run_left_goes_with_the_next(studio: Studio) -> None:
    """The rest of a killed run goes however old, or dated in the future, it is; a download that
    was cut short stays, to be gone on with."""
    root = studio.project.root
    dead = [
        root / ENVIRONMENTS / ".building-hum-0123abcd" / "bin" / "python",
        root / ENVIRONMENTS / ".link-x" / "venv-hum",
        studio.takes / f".{TAKE}.wav.abcdefgh.part",
        studio.takes / f".{TAKE}.new.part",
        studio.takes.parent / "outcomes" / ".hum.json.abcdefgh.part",
        studio.takes.parent / "discarded" / f".{TAKE}.wav.4711.part",
        studio.project.cache / "converted" / ".model.safetensors.abcdefgh.part",
        studio.project.cache / "weights" / ".bark-small.json.abcdefgh.part",
        root / "songs" / ".hum.toml.abcdefgh.part",
    ]
    download = studio.project.cache / "huggingface/hub/models--a--b/blobs/0123.part"
    for age, path in enumerate((*dead, download)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        for place in (path, path.parent):
            os.utime(place, (FUTURE * (age % 2), FUTURE * (age % 2)))
    (root / LOCK_NAME).write_text("{}")
    rerun(studio, GENERATE)
    assert rests(studio) == [download] and download.read_bytes() == b"half"
    assert len(whole(studio)) == 2 and happens(lambda: not studio.alive())
