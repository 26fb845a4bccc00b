"""A song's takes ranked by the files beside them, and the best of each segment and model as a link.

Ranking reads records, verification.json and lyrics/<take>.json, and writes nothing. The links are
results/best/<model>_segment<N>_<kind>.wav. A link costs no room, and says by itself which take it
is; all takes stay where they are.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from secondtake.core.edits import REPAINT, option_parameter
from secondtake.core.errors import UserError
from secondtake.core.jobs import Job
from secondtake.core.plan import Request, list_jobs
from secondtake.core.prompts.source_audio import parse_source_audio
from secondtake.core.ranking_file import RankedGroup, RankedTake
from secondtake.core.registry.all_models import MODELS
from secondtake.core.serialization import JsonFileError, from_dict, read_json
from secondtake.core.song import Song
from secondtake.core.take_facts import maker_name
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import Take
from secondtake.core.validation import shorten_repr
from secondtake.runner.ranking import LyricsResult, TakeCheck, TakeFacts, candidate, rank

LYRICS_FORMAT = 1
Checks = Mapping[tuple[str, str], Sequence[TakeCheck]]  # by take and wav


def rank_song(song: Song) -> list[RankedGroup]:
    """Every planned segment and model with at least one whole take, in the song's order.

    The takes are the current ones and those of the earlier that the user keeps. The verification
    names the damaged ones. No rule looks at the baseline, so takes that were made from it compete
    with each other alone: they are a group of their own, behind that of their model.
    """
    checks = _read_checks(song.results / "verification.json")
    store = TakeStore(song.results, song.name)
    playable: dict[tuple[int, str, str], dict[str, list[Take]]] = {}
    for take in store.compared:
        if store.is_whole(take):
            group = (take.job.segment, take.job.kind, take.job.model)
            playable.setdefault(group, {}).setdefault(maker_name(take), []).append(take)
    store.save_hashes()
    return [
        _group(job, maker, takes, store, checks)
        for job in sorted(list_jobs(song, Request()), key=lambda job: job.segment)
        for maker, takes in sorted(playable.get((job.segment, job.kind, job.model), {}).items())
    ]


def _group(
    planned: Job, maker: str, takes: list[Take], store: TakeStore, checks: Checks
) -> RankedGroup:
    by_name = {take.name: take for take in takes}
    facts = [
        TakeFacts(
            take,
            planned,
            checks.get(_key(take)),
            _read_lyrics(store.results, take),
            _has_right_length(take.job, planned, store),
        )
        for take in takes
    ]
    order = rank([candidate(take_facts) for take_facts in facts])
    first = order.places[0].candidate
    return RankedGroup(
        segment=planned.segment,
        kind=planned.kind,
        model=maker,
        best=None if first.failed else first.name,
        set_aside=order.set_aside if len(takes) > 1 else (),
        takes=tuple(
            RankedTake(
                place=place.place,
                take=take.name,
                number=take.job.take,
                seed=take.job.seed,
                sha256=take.wav.sha256,
                reason=place.reason,
                findings={rule: finding.says for rule, finding in place.candidate.findings.items()},
            )
            for place in order.places
            for take in [by_name[place.candidate.name]]
        ),
    )


def _has_right_length(job: Job, planned: Job, store: TakeStore) -> bool:
    """True unless a take is as long as the song file no longer asks.

    A take that was continued has a length of its own; a repaint within a take has that take's.
    """
    model = MODELS[job.model]
    option = option_parameter(model, REPAINT)
    for _ in store.takes:  # a repaint may be made of another
        if not (repaint := job.settings.get(option)):
            break
        source = parse_source_audio(str(repaint))
        take, end = store.source_take(source), source.end or 0
        if take is None or round(end * model.sample_rate) >= round(job.seconds * model.sample_rate):
            return True
        job = take.job
    return job.seconds == planned.seconds


def _key(take: Take) -> tuple[str, str]:
    """The name of a take and the hash of its very wav."""
    return take.name, take.wav.sha256


def _read_checks(path: Path) -> Checks:
    """The checks of every verified take, by `_key`; empty if there are none."""
    try:
        return read_json(path, _checks)
    except JsonFileError:
        return {}  # then no take is verified, and every reason says so


def _checks(value: Any) -> Checks:
    takes = [file for file in value["files"] if file["kind"] == "take" and file["sha256"]]
    return {
        (Path(take["file"]).stem, take["sha256"]): [_check(check) for check in take["checks"]]
        for take in takes
    }


def _check(value: Any) -> TakeCheck:
    check = from_dict(TakeCheck, value, strict=False)
    if check.figure is not None and not math.isfinite(check.figure):
        raise ValueError(f"{check.name}: {check.figure}")
    return check


def _read_lyrics(results: Path, take: Take) -> LyricsResult | str:
    """The words understood of this very wav, or the reason why they are unknown."""
    name = f"lyrics/{take.name}.json"

    def parse(value: Any) -> LyricsResult | str:
        if value["format"] != LYRICS_FORMAT:
            return f"{name} has format {value['format']}, expected {LYRICS_FORMAT}"
        if value["wav_sha256"] != take.wav.sha256:
            return f"{name} is about an earlier wav"
        with suppress(TypeError):
            lyrics = from_dict(LyricsResult, value, strict=False)
            shares = (lyrics.cer, lyrics.words_understood)
            if all(math.isfinite(share) and share >= 0 for share in shares):
                return lyrics
        return f"{name} holds no figures"

    try:
        return read_json(results / name, parse)
    except JsonFileError as error:
        return "nobody listened for the words" if error.is_absent else f"{name} cannot be read"


TAKES = "../local_models"  # from the folder of links


def best_folder(results: Path) -> Path:
    return results / "best"


def link_best(results: Path, wanted: Mapping[str, str]) -> list[str]:
    """Make the links (link's name -> take's name, both without .wav), remove those out of date.

    Returns sentences about what could not be linked. UserError for a name that is no file name.
    """
    for name in (*wanted, *wanted.values()):
        if not name or Path(name).name != name or name.startswith(".") or "\0" in name:
            raise UserError(f"{shorten_repr(name)} cannot be the name of a take")
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
    """Point a link at a take, in one step; the sentence about what stood in the way, or ""."""
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
    """Remove links of ours to takes that are gone; anything else is left alone."""
    for path in sorted(folder.glob("*.wav")) if folder.is_dir() else []:
        target = _target(path)
        if path.name not in wanted and target and str(Path(target).parent) == TAKES:
            path.unlink()


def _target(path: Path) -> str:
    """The target of a link; "" if the path is none."""
    return str(path.readlink()) if path.is_symlink() else ""
