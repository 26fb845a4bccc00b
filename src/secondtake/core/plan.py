"""Planning: the jobs of a song, and the reason why a job is stale. Nothing is made here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, partial

from secondtake.core.constraints import check_jobs
from secondtake.core.edits import Edit, EditPlan, option_parameter, with_names_of
from secondtake.core.errors import UserError
from secondtake.core.jobs import Job, derived_seed, inputs_hash
from secondtake.core.lock_names import lock_name, lock_names
from secondtake.core.project import Project
from secondtake.core.prompts.source_audio import BASELINE, SourceAudio, describe_source
from secondtake.core.registry.all_models import MODELS, find_model
from secondtake.core.song import MAX_SEED, Segment, SegmentModel, Song
from secondtake.core.take_files import discarded_folder
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import MAX_TAKES, Take
from secondtake.core.validation import shorten_repr
from secondtake.core.weights import read_manifest

FIELDS = tuple(field.name for field in fields(Job) if field.name not in ("title", "take"))


@dataclass(frozen=True)
class Request:
    """The part of a song to make. Empty means all of it."""

    models: tuple[str, ...] = ()
    segments: tuple[int, ...] = ()
    takes: int = 1
    device: str = "auto"
    seed: int | None = None
    checkpoints: Mapping[str, str] | None = None  # model -> checkpoint, over the song's choice
    settings: Mapping[str, object] | None = None  # parameters given on a model's command line
    edit: Edit | None = None  # to make of each segment, instead of takes of what the song says


def plan(song: Song, request: Request) -> tuple[Job, ...]:
    """The requested jobs, as `list_jobs` has them. UserError too for one that its model would
    refuse (secondtake.core.constraints), or for a device that this machine has not."""
    jobs = list_jobs(song, request)
    check_jobs(jobs, song, request.device)
    return jobs


def list_jobs(song: Song, request: Request) -> tuple[Job, ...]:
    """The requested jobs, by model so that each is loaded once. UserError for a bad request.

    Pages list what an earlier request may have made with another checkpoint, and so check nothing.
    Of a request for edits, the takes are listed that the song file says.
    """
    for name in request.models:
        find_model(name, "--models")
    numbers = dict.fromkeys(request.segments)
    segments = [song.segment(number) for number in numbers] or song.segments
    _check_ranges(request)
    jobs = tuple(
        _job(song, segment, model, take, request)
        for name in MODELS
        if not request.models or name in request.models
        for segment in segments
        for model in segment.models
        if model.model == name
        for take in range(1, request.takes + 1)
    )
    if not jobs:
        listed = ", ".join(str(segment.number) for segment in segments)
        raise UserError(
            f"{song.path}: {' and '.join(request.models)} has nothing to do in segment {listed}; "
            "add it to the segment's models = […], or choose another segment"
        )
    return jobs


def _check_ranges(request: Request) -> None:
    """UserError for a number of takes, or a seed, that there is not."""
    if not 1 <= request.takes <= MAX_TAKES:
        raise UserError(f"--takes: {request.takes} is outside 1 to {MAX_TAKES}")
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        raise UserError(f"--seed: {request.seed} is outside 0 to {MAX_SEED}")


def _job(song: Song, segment: Segment, share: SegmentModel, take: int, request: Request) -> Job:
    model = MODELS[share.model]
    chosen = (request.checkpoints or {}).get(model.name) or share.checkpoint
    checkpoint = model.checkpoint(chosen, f"--checkpoint {model.name}")
    settings = model.settings(checkpoint, {**share.settings, **(request.settings or {})})
    where = f"{song.path}: segment {segment.number}: {model.name}"
    return Job(
        song=song.name,
        segment=segment.number,
        kind=segment.kind,
        title=segment.title,
        model=model.name,
        checkpoint=checkpoint.name,
        take=take,
        seed=_seed(song, segment, share, take, request),
        seconds=share.seconds,
        prompt=share.prompt if share.own_prompt else model.default_prompt(checkpoint, segment),
        style=segment.style,
        lyrics=segment.lyrics,
        languages=segment.languages,
        bpm=segment.bpm,
        key=segment.key,
        meter=segment.meter,
        settings=model.resolve_settings(settings, segment, where),
    )


def _seed(song: Song, segment: Segment, share: SegmentModel, take: int, request: Request) -> int:
    """The seed of a take: what is said is the first take's, and the others count on from it."""
    seed = share.seed if request.seed is None else request.seed
    if seed is None:
        return derived_seed(song.name, segment.number, share.model, take)
    return (seed + take - 1) % (MAX_SEED + 1)


def _edit_jobs(
    song: Song, request: Request, edit: Edit, project: Project, store: TakeStore
) -> list[tuple[Job, str]]:
    """The edits that are requested of the one model, each with a note on the choice of its source.

    UserError as `plan` has it, and if there is no take to repaint.
    """
    _check_ranges(request)
    (name,) = request.models
    settings = dict(request.settings or {})
    if edit.stretch is None:
        settings[option_parameter(MODELS[name], edit.option)] = BASELINE
    plain = replace(request, takes=1, settings=settings, edit=None)
    jobs: list[tuple[Job, str]] = []
    for base in list_jobs(song, plain):
        segment = song.segment(base.segment)
        share = next(share for share in segment.models if share.model == name)
        seed_of = partial(_edit_seed, song, segment, share, request)
        edits = EditPlan(base, song, project, store)
        note = edits.note(edit)
        jobs += [(job, note) for job in edits.jobs(edit, request.takes, seed_of)]
    check_jobs([job for job, _ in jobs], song, request.device)
    return jobs


def _edit_seed(
    song: Song, segment: Segment, share: SegmentModel, request: Request, number: int, place: int
) -> int:
    """The seed of an edit: that of a take of its number; --seed is the first edit's."""
    take = number if request.seed is None else place + 1
    return _seed(song, segment, share, take, request)


@dataclass(frozen=True)
class PlannedJob:
    """A job, and what is to be done about it."""

    job: Job
    reason: str | None  # to do it, in a few words; None: it is up to date
    earlier: Take | None = None  # of these inputs, to bring back: nothing is generated
    consequence: str = ""  # what becomes of the files that have its name now
    note: str = ""  # on the choice of an edit's source

    @property
    def generates(self) -> bool:
        return self.reason is not None and self.earlier is None

    @property
    def explanation(self) -> str | None:
        """The reason, and all that follows from it; None: it is up to date."""
        if self.reason is None:
            return None
        parts = [self.reason, self.consequence]
        if self.earlier:
            parts.insert(1, f"the take of these inputs, {self.earlier.name}, comes back")
        return "; ".join(filter(None, parts))

    @property
    def remarks(self) -> tuple[str, ...]:
        """The job's remarks, and the note on its source."""
        return (*self.job.remarks, *filter(None, [self.note]))


def planned_jobs(
    song: Song, request: Request, project: Project, store: TakeStore, *, force: bool = False
) -> list[PlannedJob]:
    """Every requested job with the reason to do it. UserError for a bad request.

    force: up-to-date takes are made again, and none is brought back.
    """
    inputs = TakeInputs(project, store, request.device)
    if request.edit:
        edits = _edit_jobs(song, request, request.edit, project, store)
        return [replace(_planned(job, inputs, force), note=note) for job, note in edits]
    return [_planned(job, inputs, force) for job in plan(song, request)]


def _planned(job: Job, inputs: "TakeInputs", force: bool) -> PlannedJob:
    store, reason = inputs.store, inputs.stale_reason(job) or ("--force" if force else None)
    if reason is None:
        return PlannedJob(job, None)
    earlier = None if force else inputs.earlier_take(job)
    consequence, holder = "", store.files.takes.get(job.name)
    if holder and store.is_whole(holder):
        unless = " unless it sounds the same" if force else ""
        consequence = f"the current take stays as {holder.earlier_name}{unless}"
    elif store.files.has(job.name):
        bin_ = inputs.project.relative(discarded_folder(store.results))
        consequence = f"what has its name now goes to {bin_}"
    return PlannedJob(job, reason, earlier, consequence)


class TakeInputs:
    """The inputs of takes held against those of jobs. Locks and manifests are read once."""

    def __init__(self, project: Project, store: TakeStore, device: str = "auto") -> None:
        self.project, self.store, self.device = project, store, device
        self._lock_sha256 = cache(self._read_lock)
        self._weights = cache(self._read_weights)

    def stale_reason(self, job: Job) -> str | None:
        """The reason to do a job; None if its take is there and up to date."""
        if job.name in self.store.files.damaged:
            return "its record is damaged"
        take = self.store.files.takes.get(job.name)
        if take is None:
            return "not made yet"
        if take.job.song != job.song:
            return f"a take of another song, {shorten_repr(take.job.song)}, has its name"
        if difference := self.difference(job, take):
            return difference
        return None if self.store.is_whole(take) else "the wav is missing or was changed"

    def earlier_take(self, job: Job) -> Take | None:
        """The newest earlier take of exactly the inputs of a job, whatever its number."""
        takes = [
            take
            for take in self.store.by_job.get((job.segment, job.model), ())
            if take.is_earlier
            and not self.difference(replace(job, take=take.job.take), take)
            and self.store.is_whole(take)
        ]
        return max(
            takes, key=lambda take: (take.job.take == job.take, take.made.started), default=None
        )

    def difference(self, job: Job, take: Take) -> str:
        """What a job asks for that a take was not made of, in a few words; "" if nothing."""
        job = with_names_of(take.job, job)
        if changed := changed_fields(job, take.job):
            return f"{', '.join(changed)} changed"
        if not take.lock_sha256:
            return "made outside the project's environments"
        if other_lock := self._lock_difference(job.model, take.lock_sha256):
            return other_lock
        weights = self._weights(job.model, job.checkpoint)
        if weights is not None and weights != dict(take.weights):
            return "the weights changed"
        own = replace(job, take=take.job.take)
        if inputs_hash(own, take.lock_sha256, take.weights) != take.inputs_hash:
            return "the model's recipe changed"
        # "auto" is no device, and a model that does not run on the one asked for takes another.
        asked = self.device if self.device in MODELS[job.model].devices else ""
        if not take.made.device.startswith(asked):
            return f"made on {take.made.device}, {asked} asked"
        return ""

    def _lock_difference(self, model: str, sha256: str) -> str:
        """In which way another lock than that of a take is in force; "" if it is the same one."""
        chosen = lock_name(model)
        if self._lock_sha256(chosen) in ("", sha256):
            return ""
        others = (name for name in lock_names(model) if self._lock_sha256(name) == sha256)
        if other := next(others, ""):
            return f"made with requirements/{other}.lock, requirements/{chosen}.lock asked"
        return f"requirements/{chosen}.lock changed"

    def _read_lock(self, name: str) -> str:
        path = self.project.lock_file(name)
        return self.store.hashes.sha256(path) if path.is_file() else ""

    def _read_weights(self, model: str, checkpoint: str) -> dict[str, str] | None:
        manifest = read_manifest(self.project, model, checkpoint)
        return manifest.hashes if manifest else None


def changed_fields(job: Job, other: Job) -> list[str]:
    """The inputs in which two jobs differ; title and number decide nothing, nor does a meter that
    their model does not heed."""
    heeded = job.decides_by_meter or other.decides_by_meter
    names = [name for name in FIELDS if heeded or name != "meter"]
    return [name for name in names if getattr(job, name) != getattr(other, name)]


def describe_inputs(
    job: Job,
    take: Take,
    difference: str,
    name_of: Callable[[SourceAudio], str] | None = None,
) -> str:
    """What a take was made of that a job does not ask for: seed 3, other lyrics.

    name_of: the name that the source of an edit has now (TakeStore.source_name).
    """
    if edit := describe_source(take.job.settings, name_of):
        return edit
    return ", ".join(_describe_inputs(job, take)) or difference


LONG_TEXTS = ("prompt", "style", "lyrics")


def _describe_inputs(job: Job, take: Take) -> Iterator[str]:
    for name in changed_fields(job, take.job):
        value = getattr(take.job, name)
        if name == "settings":
            names = sorted({*value, *job.settings})
            changed = [key for key in names if value.get(key) != job.settings.get(key)]
            yield ", ".join(f"{key} {value.get(key, '–')}" for key in changed)
        elif name in LONG_TEXTS:
            yield f"other {name}"
        elif name == "languages":
            yield f"languages {' '.join(value)}"
        else:
            yield f"{value:g} s" if name == "seconds" else f"{name} {value or '–'}"
