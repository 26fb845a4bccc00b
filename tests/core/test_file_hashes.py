"""A file is hashed once, and again whenever it may have changed."""

import json
import os
import time
from pathlib import Path

import pytest

from secondtake.core import file_hashes
from secondtake.core.file_hashes import FileHashes
from secondtake.core.files import sha256_of

OLD = time.time_ns() - 60_000_000_000


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as settled at once: no test waits for two seconds."""
    monkeypatch.setattr(file_hashes, "SETTLED_NS", 0)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, in order."""
    names: list[str] = []

    def counted(path: Path) -> str:
        names.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(file_hashes, "sha256_of", counted)
    return names


def written(path: Path, text: str = "a sound") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def rewrite(path: Path) -> None:
    path.write_text("a longer sound")


def rewrite_as_long_and_as_old(path: Path) -> None:
    path.write_text("b sound")
    os.utime(path, ns=(OLD, OLD))


def replace(path: Path) -> None:
    written(path.with_suffix(".new"), "c sound").replace(path)


@pytest.mark.parametrize("place", ["in", "beside"])
def test_a_file_is_read_once_by_all_that_share_a_memory(tmp_path, read, place):
    memory = tmp_path / "in" / ".hashes.json"
    path = written(tmp_path / place / "take.wav")
    for _ in range(3):
        hashes = FileHashes.load(memory)
        assert hashes.sha256(path) == hashes.sha256(path) == sha256_of(path)
        hashes.save()
    assert read == ["take.wav"]


@pytest.mark.parametrize("change", [rewrite, rewrite_as_long_and_as_old, replace])
def test_a_file_that_changed_is_read_again(tmp_path, read, change):
    path = written(tmp_path / "take.wav")
    os.utime(path, ns=(OLD, OLD))
    hashes = FileHashes.load(tmp_path / ".hashes.json")
    before = hashes.sha256(path)
    hashes.save()
    time.sleep(0.01)  # one tick of the file system's clock
    change(path)
    again = FileHashes.load(tmp_path / ".hashes.json").sha256(path)
    assert again == sha256_of(path) != before and len(read) == 2


def test_a_young_file_is_not_remembered(tmp_path, read, monkeypatch):
    monkeypatch.setattr(file_hashes, "SETTLED_NS", 2_000_000_000)
    path = written(tmp_path / "take.wav")
    hashes = FileHashes.load(tmp_path / ".hashes.json")
    assert hashes.sha256(path) == hashes.sha256(path)
    hashes.save()
    assert len(read) == 2 and not hashes.memory.exists()


def test_a_file_that_changes_while_it_is_read_is_not_remembered(tmp_path, monkeypatch):
    path = written(tmp_path / "take.wav")

    def read_and_rewritten(path: Path) -> str:
        digest = sha256_of(path)
        path.write_text("written meanwhile")
        return digest

    monkeypatch.setattr(file_hashes, "sha256_of", read_and_rewritten)
    hashes = FileHashes.load(tmp_path / ".hashes.json")
    hashes.sha256(path)
    monkeypatch.undo()
    assert hashes.sha256(path) == sha256_of(path)


DIGEST = "ab" * 32


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"format": 1}', '{"format": 1, "files": 3}'),
        '{"format": 2, "files": {}}',
        *(
            json.dumps({"format": 1, "files": {"take.wav": entry}})
            for entry in (
                *(None, [], {"a": 1, "b": 2}, [[1, 2, 3, 4]], [[1, 2], DIGEST]),
                *([[1, 2, 3, value], DIGEST] for value in ("x", None, [4])),
                *([[1, 2, 3, 4], digest] for digest in ("ab", 7, "zz" * 32)),
            )
        ),
    ],
)
def test_a_damaged_memory_is_begun_anew(tmp_path, text):
    path, memory = written(tmp_path / "take.wav"), written(tmp_path / ".hashes.json", text)
    hashes = FileHashes.load(memory)
    assert hashes.sha256(path) == sha256_of(path)
    hashes.save()
    assert json.loads(memory.read_text())["files"].keys() == {"take.wav"}


def test_saving_keeps_what_others_saved_and_drops_files_that_are_gone(tmp_path, read):
    memory = tmp_path / ".hashes.json"
    ours, theirs, gone = (written(tmp_path / f"{name}.wav") for name in ("ours", "theirs", "gone"))
    one, other = FileHashes.load(memory), FileHashes.load(memory)
    one.sha256(ours), other.sha256(theirs), other.sha256(gone)
    other.save()
    gone.unlink()
    one.save()
    assert json.loads(memory.read_text())["files"].keys() == {"ours.wav", "theirs.wav"}


def test_nothing_new_writes_nothing(tmp_path):
    path, memory = written(tmp_path / "take.wav"), tmp_path / ".hashes.json"
    hashes = FileHashes.load(memory)
    hashes.sha256(path)
    hashes.save()
    memory.unlink()
    hashes.save()
    assert not memory.exists()


def test_the_hashes_of_what_is_a_file(tmp_path):
    path = written(tmp_path / "take.wav")
    hashes = FileHashes.load(tmp_path / ".hashes.json")
    assert hashes.of([path, path, tmp_path, tmp_path / "none"]) == {path: sha256_of(path)}
    with pytest.raises(FileNotFoundError):
        hashes.sha256(tmp_path / "none")
