"""Who is ranked, and by what: a song's takes with what the files beside them say.

Reads records, verification.json and lyrics/<take>.json; writes nothing.

The best take of every segment and model, as a link: results/best/<model>_segment<N>_<kind>.wav.

A link and not a copy: it costs no room, and it says by itself which take it is. All takes stay
where they are.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.jobs import Job
from secondtake.core.plan import Wish, plan
from secondtake.core.project import Project
from secondtake.core.ranking_file import Group, Placed
from secondtake.core.song import Song
from secondtake.core.takes import Take, read_record, takes_folder, wav_is_whole
from secondtake.core.validation import shown
from secondtake.runner.ranking import Facts, contender, rank

LYRICS_FORMAT = 1
Verified = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]  # checks by take and wav


def groups(song: Song, project: Project) -> list[Group]:
    """Every planned segment and model with at least one whole take, in the song's order."""
    verified = _verified(song.results / "verification.json")
    found = list(_takes(song))
    return [
        _group(job, takes, song, project, verified)
        for job in sorted(plan(song, Wish()), key=lambda one: one.segment)
        if (takes := [take for take in found if replace(take.job, take=1).name == job.name])
    ]


def _takes(song: Song) -> Iterator[Take]:
    """Takes that can be played; damaged ones are named by the verification, and not ranked."""
    for path in sorted(takes_folder(song.results).glob("*.json")):
        try:
            take = read_record(path)
        except UserError:
            continue
        if take.job.song == song.name and wav_is_whole(song.results, take):
            yield take


def _group(
    planned: Job, takes: list[Take], song: Song, project: Project, verified: Verified
) -> Group:
    by_name = {take.job.name: take for take in takes}
    facts = [
        Facts(take, planned, verified.get(_of(take)), _lyrics(song.results, take)) for take in takes
    ]
    order = rank([contender(one) for one in facts])
    first = order.places[0].contender
    return Group(
        segment=planned.segment,
        kind=planned.kind,
        model=planned.model,
        best=None if first.failed else first.name,
        set_aside=order.set_aside if len(takes) > 1 else (),
        takes=tuple(
            Placed(
                place=one.place,
                take=one.contender.name,
                number=one.contender.number,
                seed=by_name[one.contender.name].job.seed,
                sha256=by_name[one.contender.name].wav.sha256,
                reason=one.reason,
                findings={rule: found.says for rule, found in one.contender.findings.items()},
            )
            for one in order.places
        ),
    )


def _of(take: Take) -> tuple[str, str]:
    """What names a take and its very wav."""
    return take.job.name, take.wav.sha256


def _verified(path: Path) -> Verified:
    """The checks of every verified take (see `_of`); nothing if there are none."""
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        takes = [one for one in files if one["kind"] == "take" and one["sha256"]]
        return {
            (Path(one["file"]).stem, one["sha256"]): [_check(check) for check in one["checks"]]
            for one in takes
        }
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
        return {}  # then no take is verified, and every reason says so


def _check(check: Mapping[str, Any]) -> Mapping[str, Any]:
    figure = check["figure"]
    if figure is not None and not math.isfinite(figure):
        raise ValueError(f"{check['name']}: {figure}")
    return {"name": check["name"], "verdict": check["verdict"], "figure": figure}


def _lyrics(results: Path, take: Take) -> Mapping[str, Any] | str:
    """What was understood of this very wav; in a few words why that is not known otherwise."""
    name = f"lyrics/{take.job.name}.json"
    try:
        value = json.loads((results / name).read_text(encoding="utf-8"))
        if value["format"] != LYRICS_FORMAT:
            return f"{name} has format {value['format']}, expected {LYRICS_FORMAT}"
        if value["wav_sha256"] != take.wav.sha256:
            return f"{name} is about an earlier wav"
        figures = [value[figure] for figure in ("cer", "words_understood")]
        if not all(_is_share(figure) for figure in figures) or not isinstance(value["heard"], str):
            return f"{name} holds no figures"
    except FileNotFoundError:
        return "nobody listened for the words"
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
        return f"{name} cannot be read"
    return dict(value)


def _is_share(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


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
