"""The user's choice among takes: `invoke keep`, `invoke discard`, and the bin.

A kept take is ranked and compared beside the current ones, whatever the plan asks for, and is never
cleaned away. A discarded one lies in <results>/discarded/ until `invoke clean --yes`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from secondtake.core.edit_command import edit_command
from secondtake.core.errors import Exit, UserError
from secondtake.core.plan import Request, TakeInputs, list_jobs
from secondtake.core.project import Project
from secondtake.core.song import MAX_SEED, Song
from secondtake.core.streams import print_json
from secondtake.core.take_files import discard_files, discard_take, discarded_folder, restore_take
from secondtake.core.take_store import TakeStore, read_kept, write_kept
from secondtake.core.takes import HASH_DIGITS, Take, read_record, takes_folder
from secondtake.core.validation import match_name, shorten_repr, suggest_nearest
from secondtake.runner.commands import open_song

ENDINGS = (".wav", ".json")
DIGITS = re.compile(rf"[0-9a-f]{{{HASH_DIGITS}}}", re.ASCII)  # of a wav's hash, for a whole name


@dataclass(frozen=True)
class Decision:
    """A take, and what became of it."""

    take: str  # its name now
    file: str  # its wav, relative to the project
    state: str  # kept, discarded
    note: str  # what follows from it, in a sentence


def keep(song_file: str, names: Sequence[str], as_json: bool) -> int:
    """Mark takes as kept; those in the bin are restored. UserError if one is no whole take."""
    with open_song(song_file) as (project, song):
        named = _named_takes(project, song, names, "keep")
        store = _tidy_store(song)
        kept = read_kept(song.results, song.name)
        takes = [_whole_take(project, store, name) for name in named]
        decisions = []
        for take in takes:
            is_discarded = take.name in store.discarded.takes and take.name not in store.takes
            restored = restore_take(song.results, take) if is_discarded else take
            note = "restored from the bin" if is_discarded else ""
            if take.wav.sha256 in kept:
                note = "it was kept already"
            file = project.relative(takes_folder(song.results) / restored.wav.file)
            decisions.append(Decision(restored.name, file, "kept", note))
        write_kept(song.results, song.name, kept | {take.wav.sha256 for take in takes})
        _show(project, song, decisions, as_json=as_json)
    return Exit.DONE


def discard(song_file: str, names: Sequence[str], as_json: bool) -> int:
    """Move takes into the bin, damaged ones too; none is kept any longer."""
    with open_song(song_file) as (project, song):
        named = _named_takes(project, song, names, "discard")
        store = _tidy_store(song)
        kept = read_kept(song.results, song.name)
        decisions = [_discard(project, song, store, name) for name in named]
        gone = {store.takes[name].wav.sha256 for name in named if name in store.takes}
        if kept & gone:
            write_kept(song.results, song.name, kept - gone)
        _show(project, song, decisions, as_json=as_json)
    return Exit.DONE


def unplanned_takes(song: Song) -> Iterator[Take]:
    """Takes of segments and models that a song no longer asks for, but for the kept ones.

    UserError if the list of kept takes cannot be read.
    """
    store, kept = TakeStore(song.results, song.name), read_kept(song.results, song.name)
    asked = {(job.segment, job.model, job.kind) for job in list_jobs(song, Request())}
    for take in store.takes.values():
        job = take.job
        is_kept = take.wav.sha256 in kept or store.is_kept(take)
        if (job.segment, job.model, job.kind) not in asked and not is_kept:
            yield take


def discard_all(song: Song, takes: Iterable[Take]) -> None:
    """Move takes into the bin, be they whole or not."""
    store = TakeStore(song.results, song.name)
    for take in takes:
        if store.is_whole(take):
            discard_take(song.results, take)
        else:
            discard_files(song.results, take.name)


def _tidy_store(song: Song) -> TakeStore:
    """The takes, without the second names that an interrupted move left."""
    store = TakeStore(song.results, song.name)
    return TakeStore(song.results, song.name) if store.remove_second_names() else store


def _named_takes(project: Project, song: Song, typed: Sequence[str], verb: str) -> list[str]:
    """The names of the takes that are meant, each once. UserError names the nearest take."""
    store = TakeStore(song.results, song.name)
    if not typed:
        example = next(iter(store.takes), "bark_segment10_chorus")
        command = project.command(verb, example, song=song.path)
        raise UserError(f"{verb} which take? type its name: {command}")
    undo = verb == "keep"
    return list(dict.fromkeys(named_take(project, store, word, undo=undo) for word in typed))


def named_take(
    project: Project, store: TakeStore, typed: str, *, undo: bool, more: Collection[str] = ()
) -> str:
    """The name of the take that is meant: its name, its file, a link to it, or its hash's first
    digits. UserError names the nearest.

    undo: the name that a take had before it was discarded will do too, where only one had it.
    more: names that are known beside those of files.
    """
    files, bin_ = store.files, store.discarded
    known = {*files.takes, *files.damaged, *files.wavs, *bin_.takes, *bin_.damaged, *bin_.wavs}
    known.update(more)
    name, folder = _stem(project, store, typed), project.relative(takes_folder(store.results))
    if matched := match_name(name, known):
        return matched
    alike = [known_name for known_name in known if known_name.endswith(f"_{name}")]
    if DIGITS.fullmatch(name) and len(alike) == 1:
        return alike[0]
    former = [other for other in known if other[:-HASH_DIGITS] == f"{name}_"]
    if undo and len(former) == 1:
        return former[0]
    near = f"there is {', '.join(sorted(former))}" if former else ""
    hint = near or suggest_nearest(name, sorted(known)) or f"the takes are in {folder}/"
    raise UserError(f"{shorten_repr(typed)}: no take of {store.song} has this name; {hint.strip()}")


def _stem(project: Project, store: TakeStore, typed: str) -> str:
    """The name in what was typed, without ending and folder, which must be one of this song's."""
    if not typed or "\0" in typed:
        raise UserError(f"{shorten_repr(typed)} is no name of a take")
    path = Path(typed)
    if path.parent == Path():
        return path.name.removesuffix(path.suffix if path.suffix in ENDINGS else "")
    folders = [folder(store.results).resolve() for folder in (takes_folder, discarded_folder)]
    for start in (Path.cwd(), project.root, store.results):
        # A link among the best takes leads to its take.
        target = (start / path).resolve()
        if target.parent in folders:
            return target.name.removesuffix(target.suffix if target.suffix in ENDINGS else "")
    raise UserError(
        f"{shorten_repr(typed)}: not among the takes of {store.song}, which are in "
        f"{project.relative(takes_folder(store.results))}/; --song names another song"
    )


def _whole_take(project: Project, store: TakeStore, name: str) -> Take:
    """The take of this name, of ours or in the bin. UserError if it is not whole."""
    folder, take = takes_folder(store.results), store.takes.get(name)
    if take and store.is_whole(take):
        return take
    if take is None and name not in {*store.files.damaged, *store.files.wavs}:
        if discarded := _restorable(store, name):
            return discarded
        folder = discarded_folder(store.results)
    raise UserError(f"{project.relative(folder / name)}.wav: no whole take: {_fault(folder, name)}")


def _restorable(store: TakeStore, name: str) -> Take | None:
    """The take of this name in the bin, if it is whole and of this song."""
    take = store.discarded.takes.get(name)
    if take and take.job.song == store.song:
        return take if store.matches(take, discarded_folder(store.results)) else None
    return None


def _fault(folder: Path, name: str) -> str:
    """The fault of what is no whole take, and what can be done about it."""
    if not (folder / f"{name}.wav").exists():
        return "its wav is gone"
    if not (folder / f"{name}.json").exists():
        return "it has no record, as the rest of an interrupted run; copy it elsewhere to keep it"
    try:
        read_record(folder / f"{name}.json")
    except UserError:
        return "its record cannot be read; copy its wav elsewhere to keep it"
    return "its wav was changed since it was made; copy it elsewhere to keep it"


def _discard(project: Project, song: Song, store: TakeStore, name: str) -> Decision:
    take = store.takes.get(name)
    if take and store.is_whole(take):
        path = discard_take(song.results, take)
        return _decision(project, path, _what_follows(project, song, store, take))
    if moved := discard_files(song.results, name):
        return _decision(
            project, moved[-1], "it was no whole take, and stays there until the bin is emptied"
        )
    return _decision(
        project, discarded_folder(song.results) / f"{name}.wav", "it was there already"
    )


def _decision(project: Project, wav: Path, note: str) -> Decision:
    return Decision(wav.stem, project.relative(wav), "discarded", note)


def _what_follows(project: Project, song: Song, store: TakeStore, take: Take) -> str:
    """What the next run does without this take, and how to get another one."""
    job, inputs = take.job, TakeInputs(project, store)
    if take.is_earlier:
        return ""
    if job.is_edit:
        remake, changed = edit_command(job, song, project, store), inputs.difference(job, take)
        differences = (*remake.differences, *filter(None, [changed]))
        return replace(remake, differences=differences).sentence
    jobs = [
        entry
        for entry in list_jobs(song, Request(takes=job.take))
        if (entry.segment, entry.model, entry.kind) == (job.segment, job.model, job.kind)
    ]
    place = next((place for place, entry in enumerate(jobs) if entry.take == job.take), None)
    if place is None:
        return "the song asks for it no longer"
    words = ["generate", "--models", job.model, "--segments", str(job.segment)]
    if place > 0:
        command = project.command(*words, "--takes", str(place + 1), song=song.path)
        return f"it is made again where so many takes are asked for: {command}"
    command = project.command(
        *words, "--seed", str((job.seed + 1) % (MAX_SEED + 1)), song=song.path
    )
    same = not inputs.difference(jobs[place], take)
    again = "the next run makes it again" if same else "the next run makes what the plan asks for"
    return f"{again}; for another one: {command}"


def _show(project: Project, song: Song, decisions: Sequence[Decision], *, as_json: bool) -> None:
    if as_json:
        print_json({"song": song.name, "takes": list(map(asdict, decisions))})
        return
    for decision in decisions:
        note = f" ({decision.note})" if decision.note else ""
        print(f"{decision.state}: {decision.file}{note}")
    store = TakeStore(song.results, song.name)
    discarded = [decision.take for decision in decisions if decision.state == "discarded"]
    if names := [name for name in discarded if _restorable(store, name)]:
        print(f"to take it back: {project.command('keep', *names, song=song.path)}")
    print(f"to see it on the pages: {project.command('report', song=song.path)}")
