"""Phase 3: generation, model by model: what was made, what is blocked and why, what is planned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.formatting import join_words, plural
from secondtake.core.prompts.instrumental import style_and_tempo
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.take_facts import level_step
from secondtake.core.takes import Take, work_seconds
from secondtake.runner.progress_pages import remedies
from secondtake.runner.progress_pages.best_takes import TakeGroup, spread, take_groups
from secondtake.runner.progress_pages.markdown import Markdown, channels, escape, size
from secondtake.runner.progress_pages.rendering import render_template
from secondtake.runner.progress_pages.sections import (
    Page,
    Word,
    licence_line,
    overall,
    settings,
    versions,
)
from secondtake.runner.progress_pages.setup_issues import SetupIssue, setup_issues
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus, State, group_by

NEEDS = {  # by the code of a block: what only a person can give
    "no_token": "a Hugging Face token",
    "bad_token": "a new Hugging Face token",
    "terms": "its licence to be accepted",
    "declined": "a yes to its download",
}
BESIDE = {  # files of a song's results -> what they hold
    "best": "links to the best of several takes",
    "verification.json": "the verdict on every file",
    "ranking.json": "several takes in order, and why",
    "analysis": "the comparison, its figures and pictures",
    "logs": "what models and installers printed",
}
BESIDE_PROMPT = {  # inputs of a job that a model may read apart from its prompt -> in words
    "lyrics": "lyrics",
    "languages": "language",
    "bpm": "tempo",
    "meter": "meter",
    "key": "key",
}
GATED = ("no_token", "bad_token", "terms")  # errors that only a person can mend
TOLERANCE = 0.5  # s; a take that is off by more ended by itself


@dataclass(frozen=True)
class Pace:
    """The time that a model took on one device."""

    device: str
    takes: int
    work: float  # s for a second of sound
    load_seconds: float  # of the longest loading
    memory: int  # bytes, of the take that needed most


@dataclass(frozen=True)
class ModelStatus:
    """One model's jobs, and what there is of them."""

    model: ModelSpec
    jobs: list[JobStatus]
    groups: list[TakeGroup]  # what can be played

    @property
    def state(self) -> str:
        """A mark and a word: all alike, or how many are done."""
        tried = [entry for entry in self.jobs if entry.state != "skipped"] or self.jobs
        if len({entry.state for entry in tried}) == 1:
            return f"{tried[0].mark} {tried[0].state_words}"
        return f"⚠️ {len(self.with_state('done'))} of {len(self.jobs)} done"

    @property
    def takes(self) -> list[Take]:
        """The takes that can be played."""
        return [entry.playable for entry in self.jobs if entry.playable]

    @property
    def stuck(self) -> list[list[JobStatus]]:
        """The blocked, failed and damaged jobs, those with one reason together."""
        stuck = (entry for entry in self.jobs if entry.stuck)
        return list(group_by(stuck, lambda entry: (entry.state, entry.why)).values())

    @property
    def paces(self) -> list[Pace]:
        """The time that the takes took, by device."""
        paces = []
        for device, takes in sorted(group_by(self.takes, lambda take: take.made.device).items()):
            if sound := sum(take.wav.seconds for take in takes):
                loading = max(take.made.load_seconds for take in takes)
                memory = max(take.made.peak_memory_bytes for take in takes)
                work = work_seconds(takes) / sound
                paces.append(Pace(device, len(takes), work, loading, memory))
        return paces

    @property
    def shared(self) -> dict[str, Markdown]:
        """The facts in which all takes that are shown agree: said once."""
        facts = [take_facts(group.first.playable) for group in self.groups if group.first.playable]
        return {
            name: text
            for name, text in (facts[0] if facts else {}).items()
            if text and all(other[name] == text for other in facts)
        }

    @property
    def out_of_date(self) -> str:
        """Why the takes are out of date, if that is so of all of them and for one reason."""
        takes = [group.first for group in self.groups]
        alike = {(take.state == "outdated", take.why) for take in takes}
        return takes[0].why if len(alike) == 1 and takes[0].state == "outdated" else ""

    def own_facts(self, take: Take) -> dict[str, Markdown]:
        """The facts in which a take differs from its model's others."""
        facts, shared = take_facts(take), self.shared
        return {name: text for name, text in facts.items() if text and name not in shared}

    @property
    def ignored(self) -> list[str]:
        """The inputs that the song file gives and the model does not take, without a prompt that
        was built of the others."""
        ignored = {fact for take in self.takes for fact in take.job.unused_inputs}
        jobs = [take.job for take in self.takes]
        if all(job.prompt in (job.lyrics, style_and_tempo(job)) for job in jobs):
            ignored.discard("prompt")
        return sorted(ignored)

    @property
    def reads(self) -> str:
        """What its prompt has beside it: style, lyrics and tempo; "" where it is alone.

        A prompt that the song file gives none of is the style.
        """
        names = [name for field, name in BESIDE_PROMPT.items() if field in self.model.supports]
        if "prompt" not in self.model.supports or not names or not self.takes:
            return ""
        built = self.model.default_prompt
        jobs = [take.job for take in self.takes]
        is_built = all(j.prompt == built(self.model.checkpoint(j.checkpoint), j) for j in jobs)
        first = "style" if is_built else "its prompt"
        left_to_prompt = not is_built and "style" in self.ignored
        rest = "; of style it knows what that says" if left_to_prompt else ""
        return join_words([first, *names]) + rest

    @property
    def own_lengths(self) -> list[Markdown]:
        """Lengths beside those asked for, by segment, of a model that ends takes by itself."""
        if self.model.exact_length:
            return []
        off = [take for take in self.takes if abs(take.wav.seconds - take.job.seconds) > TOLERANCE]
        lengths = []
        for alike in group_by(off, lambda take: take.job.segment).values():
            seconds = [take.wav.seconds for take in alike]
            long = f"{seconds[0]:.1f}" if len(seconds) == 1 else spread(seconds, 1)
            lengths.append(Markdown(f"{long} s for {alike[0].job.seconds:g} s"))
        return lengths

    def with_state(self, state: State) -> list[JobStatus]:
        return [entry for entry in self.jobs if entry.state == state]


@dataclass(frozen=True)
class GenerationPage(Page):
    """Context of phase3_generation.md.j2."""

    models: list[ModelStatus]

    @property
    def files(self) -> list[tuple[JobStatus, TakeGroup | None]]:
        """The jobs by segment, without the takes for which another stands."""
        groups = take_groups(self.status, self.status.jobs)
        chosen = {group.first.name: group for group in groups}
        files = [
            (entry, chosen.get(entry.name))
            for entry in (*self.status.jobs, *self.status.kept)
            if not entry.playable or entry.name in chosen
        ]
        return sorted(files, key=lambda file: file[0].job.segment)

    @property
    def gated(self) -> list[str]:
        """The titles of the models for which a person must accept a licence."""
        names = {
            entry.job.model
            for entry in self.status.with_state("blocked")
            if entry.outcome and entry.outcome.code in GATED
        }
        return [MODELS[name].title for name in sorted(names)]

    @property
    def unverified(self) -> bool:
        return not all(self.status.verdict(take) for take in self.status.judged)

    @property
    def earlier(self) -> list[list[JobStatus]]:
        """The earlier takes that are not kept, those of one segment and model together."""
        groups = group_by(self.status.earlier, lambda entry: (entry.job.segment, entry.job.model))
        return list(groups.values())

    @property
    def issues(self) -> list[SetupIssue]:
        return setup_issues(self.status)

    @property
    def sound(self) -> Markdown:
        """The number of wavs that the records tell of, and their size."""
        entries = (*self.status.judged, *self.status.earlier)
        wavs = [entry.playable.wav for entry in entries if entry.playable]
        total = size(sum(wav.bytes for wav in wavs))
        return Markdown("{} ({})").format(plural(len(wavs), "wav"), total)

    @property
    def files_beside(self) -> dict[Path, str]:
        """What other programs made of the takes, as far as it is there."""
        paths = {self.status.folder / name: what for name, what in BESIDE.items()}
        return {path: what for path, what in paths.items() if path.exists()}

    @property
    def to_make(self) -> int:
        """Planned takes that nothing stands in the way of, and that no run is about to make."""
        jobs = self.status.with_state("pending", "outdated")
        return sum(not entry.waits for entry in jobs)

    @property
    def waiting_for(self) -> str:
        """What the page waits for, and who must act."""
        if self.status.coming:
            coming = sum(map(len, self.status.coming.values()))
            return f"the run, which has {plural(coming, 'take')} still to make"
        needs = [need for model in self.models for need in _needs(model)]
        if needs:
            return f"you: {'; '.join(needs)}"
        if self.to_make:
            return f"the next run, to make {plural(self.to_make, 'take')}"
        return "nothing: every planned take is made"

    def by_segment(self, jobs: Iterable[JobStatus]) -> list[list[JobStatus]]:
        """Jobs of one model, those of one segment together, and every edit by itself."""
        groups = group_by(jobs, lambda entry: (entry.job.segment, entry.edit_command))
        return list(groups.values())

    def remarks(self, entry: JobStatus) -> list[str]:
        """A take's remarks, less the one that its mark says: that it was made from the baseline."""
        said = f"a {entry.baseline_mark}," if entry.baseline_mark else None
        remarks = entry.take.remarks if entry.take else ()
        return [remark for remark in remarks if not (said and remark.startswith(said))]

    def remedy(self, entry: JobStatus) -> remedies.Remedy:
        """The remedy against what the last run said of a job."""
        assert entry.outcome is not None  # the template asks where there is one
        checkpoint = entry.model.checkpoint(entry.job.checkpoint)
        log = self.status.shorten_paths(entry.outcome.log)
        code, command = entry.outcome.code, entry.edit_command
        return remedies.remedy(self.status, entry.model, checkpoint, code, log, command)


def take_facts(take: Take) -> dict[str, Markdown]:
    """Facts that takes of one model mostly share, each as markdown; "" for one that it has not."""
    made, wav = take.made, take.wav
    card = f", {made.accelerator.name}" if made.accelerator else ""
    licence_of, _, licence = licence_line(take).partition(": ")
    return {
        "Settings": escape(settings(take.job)),
        "Computed on": escape(f"{made.device} ({made.dtype}){card}, {made.platform}"),
        "Versions": escape(versions(made.versions)),
        "Sample rate": escape(f"{wav.sample_rate} Hz, {channels(wav.channels)}"),
        "Level": escape(level_step(take).removeprefix("its level was ")),
        licence_of: Markdown(licence),
    }


def _needs(model: ModelStatus) -> Iterator[str]:
    """What a stuck model needs from a person."""
    for alike in model.stuck:
        code = alike[0].outcome.code if alike[0].outcome else ""
        need = NEEDS.get(code)
        yield f"{model.model.title} {f'needs {need}' if need else f'is {alike[0].state} (above)'}"


def render(status: SongStatus) -> str:
    """The page."""
    models = []
    for name, model in MODELS.items():
        if jobs := [entry for entry in status.jobs if entry.job.model == name]:
            models.append(ModelStatus(model, jobs, take_groups(status, jobs)))
    return render_template("phase3_generation.md.j2", GenerationPage(status, _word(status), models))


def _word(status: SongStatus) -> Word:
    wanted = len(status.jobs) - len(status.with_state("skipped"))
    stuck = sum(entry.stuck for entry in status.jobs)
    word = overall(len(status.with_state("done")), stuck, wanted)
    return "Partial" if word != "Done" and status.takes else word
