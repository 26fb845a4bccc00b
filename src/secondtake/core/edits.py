"""Edits: takes that a command line asks for, made of a recording: a repaint of a take, a cover.

An edit is a take of its own, with the next free number of its segment and model. No plan of a song
asks for it, so none replaces it, finds it out of date or cleans it away; the same command again
finds it, by what it was made of.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import NoReturn

from secondtake.core.errors import UserError
from secondtake.core.jobs import Job
from secondtake.core.project import Project
from secondtake.core.prompts.source_audio import SourceAudio, format_seconds
from secondtake.core.ranking_file import RankingFile, ranking_path, read_rankings
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song import Song
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import EDIT_NUMBERS, Take, wav_path
from secondtake.core.validation import match_name, parse_time, shorten_repr, suggest_nearest

REPAINT, FROM_BASELINE, OF = "--repaint", "--from-baseline", "--of"
SHORTEST = 0.5  # seconds of a stretch: a beat at 120 BPM, and ten times a crossfade
DASH = re.compile(r"\s*[-–—]\s*")  # as people type and paste it
FORMS = "write its start and end in seconds (6:9), or with a dash (6-9, 1:05-1:10)"


@dataclass(frozen=True)
class Edit:
    """The edit that a command line asks for, of every segment asked for."""

    stretch: tuple[float, float] | None = None  # to make anew, in seconds; None: a cover
    of: str = ""  # the name of the take; "": the best

    @property
    def option(self) -> str:
        return REPAINT if self.stretch else FROM_BASELINE

    @property
    def words(self) -> list[str]:
        """The options to type for it."""
        if not self.stretch:
            return [FROM_BASELINE]
        start, end = map(format_seconds, self.stretch)
        return [REPAINT, f"{start}:{end}", *([OF, self.of] if self.of else [])]


def parse_edit(repaint: str, of: str, from_baseline: bool) -> Edit | None:
    """The edit of --repaint, --of and --from-baseline as they were typed; None without them."""
    if of and not repaint:
        raise UserError(f"{OF}: says of which take a stretch is made anew; add {REPAINT} 6:9")
    if repaint and from_baseline:
        raise UserError(f"{REPAINT}: makes a part of a take anew; leave {FROM_BASELINE} away")
    if repaint:
        return Edit(parse_stretch(repaint), of)
    return Edit() if from_baseline else None


def parse_stretch(text: str) -> tuple[float, float]:
    """Seconds of "6:9", "6.5:9", "6-9" or "1:05-1:10". UserError for anything else, a stretch that
    runs backwards, and one that is shorter than SHORTEST."""
    times = DASH.split(text.strip()) if DASH.search(text) else text.strip().split(":")
    shown = shorten_repr(text)
    if len(times) != 2 or not all(times):
        raise UserError(f"{REPAINT}: {shown} is no stretch; {FORMS}")
    start, end = (parse_time(time, REPAINT) for time in times)
    if end < start:
        raise UserError(f"{REPAINT}: {shown} runs backwards; type {end:g}:{start:g}")
    if end - start < SHORTEST:
        message = f"{shown} is {end - start:g} s long, shorter than the {SHORTEST:g} s that are "
        raise UserError(f"{REPAINT}: {message}made anew at least; {FORMS}")
    return start, end


def option_parameter(model: ModelSpec, option: str) -> str:
    """The name of the parameter that an option sets; "" if the model has none."""
    return next((entry.name for entry in model.parameters if entry.option == option), "")


def editing_model(edit: Edit, names: Sequence[str]) -> str:
    """The one model of those asked for, or of all if none is, that can do an edit. UserError if
    that is none, or more than one."""
    able = [model.name for model in MODELS.values() if option_parameter(model, edit.option)]
    asked = list(dict.fromkeys(names)) or able
    unable = [name for name in asked if name not in able]
    if len(asked) == 1 and not unable:
        return asked[0]
    what = f"{' and '.join(unable)} cannot" if unable else "one model at a time"
    known = " or ".join(f"--models {name}" for name in able)
    raise UserError(f"{edit.option}: {what}; {f'type {known}' if able else 'no model here can'}")


@dataclass(frozen=True)
class EditPlan:
    """The edits of one segment by one model, beside its takes."""

    base: Job  # of the first take; a cover's has its recording already
    song: Song
    project: Project
    store: TakeStore

    @property
    def takes(self) -> list[Take]:
        """The takes of this segment and model, edits too."""
        return self.store.by_job.get((self.base.segment, self.base.model), [])

    def jobs(self, edit: Edit, count: int, seed_of: Callable[[int, int], int]) -> list[Job]:
        """`count` edits, each with its number and seed.

        seed_of: of a number, and of a place among those that are asked for. A take that was made of
        the same sound keeps its number, whatever name the sound had then. UserError if there is no
        such take to repaint, or if the stretch begins beyond its end.
        """
        base = self._repaint(edit) if edit.stretch else self.base
        current = [take for take in self.takes if take.job.is_edit and not take.is_earlier]
        edits = {take.job.take: replace(take.job, title=base.title) for take in current}
        free = self._free_numbers()
        jobs: dict[int, Job] = {}
        for place in range(count):
            for number in chain(edits, free):
                job = replace(base, take=number, seed=seed_of(number, place))
                earlier_edit = edits.get(number, job)
                if number not in jobs and with_names_of(earlier_edit, job) == earlier_edit:
                    jobs[number] = job
                    break
        return list(jobs.values())

    def note(self, edit: Edit) -> str:
        """A sentence about a ranking that could not choose the take to repaint; "" without one."""
        if not edit.stretch or edit.of or self._rankings.state in ("ready", "absent"):
            return ""
        path = self.project.relative(ranking_path(self.store.results))
        state = {"other song": f"is of another song, {self._rankings.why}"}
        why = state.get(self._rankings.state, f"cannot be read ({self._rankings.why})")
        rank = self.project.command("rank", song=self.song.path)
        first = f"so the source is the first take, {self._best_take().name}, not the best"
        return f"{path} {why}, {first}; to rank them: {rank}"

    @cached_property
    def _rankings(self) -> RankingFile:
        return read_rankings(self.store.results, self.song.name)

    def _repaint(self, edit: Edit) -> Job:
        """The job that makes a stretch anew: as long as the take, or to the stretch's end."""
        assert edit.stretch is not None  # of --repaint
        start, end = edit.stretch
        take = self._named_take(edit.of) if edit.of else self._best_take()
        long = take.wav.seconds
        if round(start - long, 2) > 0:
            message = f"{take.name} has {long:g} s, the stretch begins at {start:g} s"
            raise UserError(f"{REPAINT}: {message}; to go on from its end, type {long:g}:{end:g}")
        path = self.project.relative(wav_path(self.store.results, take.name))
        parameters = MODELS[self.base.model].parameters
        # A repaint of a cover is no less made of the baseline.
        inherited = [entry.name for entry in parameters if entry.from_baseline]
        settings = {
            **self.base.settings,
            **{name: take.job.settings.get(name, "") for name in inherited},
            option_parameter(MODELS[self.base.model], REPAINT): str(
                SourceAudio(path, start, end, take.wav.sha256)
            ),
        }
        return replace(self.base, seconds=max(long, end), settings=settings)

    def _named_take(self, typed: str) -> Take:
        """The whole take of this name. UserError unless it is one of this segment and model."""
        own = {take.name: take for take in self.takes}
        name = match_name(typed.removesuffix(".wav"), self.store.takes)
        if name is None:
            near = suggest_nearest(typed, list(own))
            hint = f"{near}known: {', '.join(own)}" if own else self._make_one()
            raise UserError(f"{OF}: no take {shorten_repr(typed)}; {hint}")
        if name not in own:
            job = self.store.takes[name].job
            where = f"segment {self.base.segment} by {self.base.model}"
            message = f"{name} is of segment {job.segment} by {job.model}, not of {where}"
            is_elsewhere = job.model == self.base.model
            hint = f"add --segments {job.segment}" if is_elsewhere else self._make_one()
            raise UserError(f"{OF}: {message}; {hint}")
        if not self.store.is_whole(own[name]):
            message = f"{own[name].wav.file} is missing, or was changed since it was made"
            raise UserError(f"{OF}: {message}; name another take, or make it again")
        return own[name]

    def _best_take(self) -> Take:
        """The best take by the ranking, else the first that is current. Never an edit, so that the
        same command again is about the same take."""
        plain = [take for take in self.takes if not take.job.is_edit and self.store.is_whole(take)]
        group = self._rankings.groups.get((self.base.segment, self.base.model))
        for ranked in group.takes if group and group.best else ():
            for take in plain:
                if (take.name, take.wav.sha256) == (ranked.take, ranked.sha256):
                    return take
        return next((take for take in plain if not take.is_earlier), None) or self._no_take()

    def _no_take(self) -> NoReturn:
        where = f"segment {self.base.segment} has no take by {self.base.model}"
        edits = [take.name for take in self.takes if take.job.is_edit]
        hint = f"; or name an edit: {OF} {edits[-1]}" if edits else ""
        raise UserError(
            f"{REPAINT}: {where} of which a part could be anew; {self._make_one()}{hint}"
        )

    def _make_one(self) -> str:
        words = ["generate", "--models", self.base.model, "--segments", str(self.base.segment)]
        return f"make one: {self.project.command(*words, song=self.song.path)}"

    def _free_numbers(self) -> Iterator[int]:
        """Numbers of edits that no file has."""
        files = self.store.files
        names = {*files.takes, *files.damaged, *files.wavs}
        for number in EDIT_NUMBERS:
            if replace(self.base, take=number).name not in names:
                yield number
        where = f"segment {self.base.segment} has no more numbers for edits by {self.base.model}"
        message = f"{where}, which go to {EDIT_NUMBERS[-1]}"
        raise UserError(f"{message}; ask for fewer, or move some away: invoke discard TAKE")


def with_names_of(other: Job, job: Job) -> Job:
    """The job, with a source of an edit named as `other` names it where both are the same stretch
    of the same sound.

    The bytes decide what an edit is made of: the take that had the name may have another by now.
    """
    settings = dict(job.settings)
    for name in (entry.name for entry in MODELS[job.model].parameters if entry.option):
        source, namesake = (str(entry.settings.get(name, "")) for entry in (job, other))
        if source and source.rsplit("@", 2)[1:] == namesake.rsplit("@", 2)[1:]:
            settings[name] = namesake
    return replace(job, settings=settings)
