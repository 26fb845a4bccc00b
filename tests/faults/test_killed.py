"""Killed anywhere."""

import shutil
import time
from pathlib import Path
from subprocess import TimeoutExpired

from tests.faults.studio import Studio

from secondtake.core.file_hashes import FileHashes
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import record_path

RUN = ("invoke", "generate", "--song", "hum", "--models", "hum")
MOMENTS = 10  # of a run, from its start to its end
SOONEST = 0.4  # s; before, nothing but imports


def sounds(results: Path) -> dict[str, str]:
    """The sha256 of the wav of every take, which is read anew; none of them is torn."""
    store = TakeStore(results, "hum", FileHashes(results / "none", {}))
    assert not store.files.damaged and all(map(store.is_whole, store.files.takes.values()))
    return {name: take.wav.sha256 for name, take in store.files.takes.items()}


def test_a_killed_run_loses_no_take_and_the_same_command_goes_on(studio: Studio) -> None:
    """Kill a run at any moment and type it again: no take is lost, torn or made twice, and all are
    the same bytes as if nobody had killed it."""
    studio.song("calm", "heavy", "calm", "calm")
    results = studio.takes.parent
    before, after = studio.project.root / "before", studio.project.root / "after"
    assert studio.type(*RUN, "--seed", "1").returncode == 0
    shutil.copytree(results, before)
    started = time.monotonic()
    assert studio.type(*RUN, "--seed", "2").returncode == 0
    seconds = time.monotonic() - started
    shutil.move(results, after)
    cut = 0
    for moment in range(MOMENTS):
        shutil.copytree(before, results)
        process = studio.start(*RUN, "--seed", "2")
        try:
            process.wait(SOONEST + (seconds - SOONEST) * moment / MOMENTS)
        except TimeoutExpired:
            process.kill()
            cut += 1
        process.communicate()
        assert studio.none_alive(), studio.alive()
        saved = sounds(results)
        assert set(sounds(before).values()) <= set(saved.values())
        done = {record_path(results, name) for name, _ in saved.items() & sounds(after).items()}
        records = {path: path.read_bytes() for path in done}
        again = studio.type(*RUN, "--seed", "2")
        assert again.returncode == 0, again.stdout + again.stderr
        assert sounds(results) == sounds(after)
        assert records == {path: path.read_bytes() for path in records}
        shutil.rmtree(results)
    assert cut > MOMENTS // 2
