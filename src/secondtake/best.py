"""The best take of every segment and model, as a link: results/best/<model>_segment<N>_<kind>.wav.

A link and not a copy: it costs no room, and it says by itself which take it is. All takes stay
where they are.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from secondtake.errors import UserError
from secondtake.names import shown

TAKES = "../local_models"  # from the folder of links


def best_folder(results: Path) -> Path:
    return results / "best"


def link_best(results: Path, wanted: Mapping[str, str]) -> list[str]:
    """Make the links (link's name -> take's name, both without .wav), remove those out of date.

    Returns sentences about what could not be linked. UserError for a name that is no file name.
    """
    for name in (*wanted, *wanted.values()):
        if not name or Path(name).name != name or name.startswith(".") or "\0" in name:
            raise UserError(f"{shown(name)} cannot be the name of a take")
    folder = best_folder(results)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return [f"{folder} is no folder of ours; move it away to have the best takes linked there"]
    _remove_stale(folder, {f"{name}.wav" for name in wanted})
    troubles = [_link(folder / f"{name}.wav", take) for name, take in sorted(wanted.items())]
    return [trouble for trouble in troubles if trouble]


def best_link(results: Path, name: str, take: str) -> Path | None:
    """The link of this name (without .wav), if it leads to this take."""
    path = best_folder(results) / f"{name}.wav"
    return path if _target(path) == f"{TAKES}/{take}.wav" else None


def _link(path: Path, take: str) -> str:
    """Point a link at a take, in one step; what stood in the way, or ""."""
    target = f"{TAKES}/{take}.wav"
    if _target(path) == target:
        return ""
    if path.exists() and not path.is_symlink():
        return f"{path} is a file of yours and was left alone; the best take is {take}.wav"
    aside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        aside.symlink_to(target)
        aside.replace(path)
    except (OSError, NotImplementedError) as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        return f"{path} could not be linked ({error}); the best take is {take}.wav"
    return ""


def _remove_stale(folder: Path, wanted: set[str]) -> None:
    """Links of ours that no take stands behind any more; anything else is left alone."""
    for path in sorted(folder.glob("*.wav")) if folder.is_dir() else []:
        target = _target(path)
        if path.name not in wanted and target and str(Path(target).parent) == TAKES:
            path.unlink()


def _target(path: Path) -> str:
    """Where a link leads; "" if it is none."""
    return str(path.readlink()) if path.is_symlink() else ""
