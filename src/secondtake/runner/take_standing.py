"""What became of a take, in words: what other takes there are, its verdicts, and what to type."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from secondtake.core.edit_command import edit_command
from secondtake.core.errors import UserError
from secondtake.core.jobs import Job
from secondtake.core.plan import Request, TakeInputs, changed_fields, describe_inputs, list_jobs
from secondtake.core.ranking_file import read_rankings
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import MAX_SEED, Song
from secondtake.core.takes import Take
from secondtake.runner.progress_pages.results import read_comparison, read_verdicts
from secondtake.runner.stages import LISTENING
from secondtake.runner.take_lookup import FoundTake, WavState
from secondtake.runner.take_story import Section

WAVS: dict[WavState, str] = {
    "missing": "its wav is missing",
    "damaged": "its wav was changed since it was made",
}


@dataclass(frozen=True)
class Standing:
    """A take beside the others of its segment and model, and beside what was judged."""

    found: FoundTake
    take: Take

    @property
    def sections(self) -> list[Section]:
        sections = [
            Section("Where it stands", tuple(self._state())),
            Section("Other takes of the same job", tuple(self._others())),
            Section("What was said of it", tuple(self._judged())),
            Section("What to type", tuple(self._commands())),
        ]
        return [section for section in sections if section.lines]

    @cached_property
    def _inputs(self) -> TakeInputs:
        return TakeInputs(self.found.project, self.found.store)

    @cached_property
    def _planned(self) -> Job | None:
        """The job of this segment, model and number as the song file asks for it now."""
        job, song = self.take.job, self.found.song
        if song is None or job.is_edit or job.model not in MODELS:
            return None
        return planned_job(song, job)

    def _state(self) -> Iterator[str]:
        found, take = self.found, self.take
        job, store = take.job, found.store
        if found.is_discarded:
            command = found.command("keep", take.name)
            yield f"discarded: it is in the bin; to take it back: {command}"
        elif take.is_earlier:
            yield "an earlier take: another has its job's name now"
        elif job.is_edit:
            yield "an edit: no plan asks for it, and none replaces it"
        else:
            yield "the current take of its job"
        if found.wav_state != "whole":
            yield WAVS[found.wav_state]
        if take.wav.sha256 in store.kept:
            yield "kept: you marked it with invoke keep"
        elif store.is_kept(take) and not found.is_discarded:
            yield "kept by itself, as every edit is"
        yield self._up_to_date()

    def _up_to_date(self) -> str:
        job = self.take.job
        if job.model not in MODELS:
            return f"not up to date: the registry has no model {job.model} any more"
        if job.is_edit:
            changed = self._inputs.difference(job, self.take)
            return f"made of older parts: {changed}" if changed else "up to date"
        if self.found.song is None:
            return f"whether it is up to date is not known: {self.found.song_fault}"
        if self._planned is None:
            return "not up to date: the song file asks for it no longer"
        if changed := self._inputs.difference(self._planned, self.take):
            what = describe_inputs(self._planned, self.take, changed)
            detail = f" (it was made of: {what})" if what != changed else ""
            return f"not up to date: {changed}{detail}"
        if self.take.is_earlier:
            brings = "makes it again" if self.found.is_discarded else "would bring it back"
            return f"of the inputs that the song file asks for: the next run {brings}"
        if self.found.wav_state != "whole":
            return "not up to date, as its wav is not the recorded one: the next run makes it again"
        return "up to date: the next run leaves it alone"

    def _others(self) -> Iterator[str]:
        """Earlier takes of the same job and why each was replaced; of an earlier one, by which."""
        job, takes = self.take.job, self.found.store.takes.values()
        same = [t for t in takes if t.job.name == job.name and t.name != self.take.name]
        for other in same:
            newer, older = (other, self.take) if self.take.is_earlier else (self.take, other)
            if other.is_earlier and self.take.is_earlier:
                yield f"{other.name}: earlier too, of {_day(other)}"
                continue
            which = "this one" if older is self.take else "it"
            verb = "took its place" if other is newer else "was replaced"
            yield f"{other.name}, of {_day(other)}, {verb} ({_reason(older, newer, which)})"

    def _judged(self) -> Iterator[str]:
        if self.found.is_discarded:
            yield "what is in the bin is neither verified, ranked nor compared"
            return
        yield self._verified()
        yield self._ranked()
        yield self._compared()

    def _verified(self) -> str:
        store = self.found.store
        verdicts = read_verdicts(store.results / "verification.json", store.song)
        label = self.found.project.relative(self.found.wav)
        verdict = verdicts.of(label, self.take.wav.sha256)
        if verdict is None:
            return f"not verified yet: {self.found.command('verify')}"
        findings = "; ".join(verdict.findings)
        return f"verified: {verdict.verdict}" + (f" ({findings})" if findings else "")

    def _ranked(self) -> str:
        take, store = self.take, self.found.store
        group = read_rankings(store.results, store.song).groups.get(
            (take.job.segment, take.job.model)
        )
        for ranked in group.takes if group else ():
            if group and (ranked.take, ranked.sha256) == (take.name, take.wav.sha256):
                best = ", the best" if group.best == take.name else ""
                return f"ranked {ranked.place} of {len(group.takes)}{best}: {ranked.reason}"
        if take.is_earlier and not store.is_kept(take):
            return "not ranked, as no earlier take is unless you keep it"
        return f"not ranked yet: {self.found.command('rank')}"

    def _compared(self) -> str:
        take, store = self.take, self.found.store
        path = store.results / "analysis" / "comparison_results.json"
        comparison = read_comparison(path, store.song)
        compared = comparison.take(take.job.segment, take.name)
        if compared and compared.sha256 == take.wav.sha256:
            if (overall := compared.overall) and overall.scaled is not None:
                scale = "0 is other music, 1 the baseline itself"
                return f"compared with the baseline: {overall.scaled:.2f} in all ({scale})"
            against = compared.against or "nothing, as there is no baseline"
            return f"compared with {against}"
        segment = comparison.segments.get(take.job.segment)
        for skipped in segment.skipped if segment else ():
            if skipped.take == take.name:
                return f"not compared: {skipped.why}"
        return f"not compared yet: {self.found.command('analyse')}"

    def _commands(self) -> Iterator[str]:
        found = self.found
        yield f"make it again: {self._remake()}"
        yield f"prove that it can be: {found.command('reproduce', self.take.name)}"
        if found.wav_state != "whole":
            return
        page = found.store.results / LISTENING
        wav = shlex.quote(found.project.relative(found.wav))
        listen = f"{found.command('page', '--open')}, or open {wav}"
        yield f"listen: {listen}" if page.is_file() else f"listen: open {wav}"

    def _remake(self) -> str:
        take, found = self.take, self.found
        nothing = "only its record can: invoke reproduce"
        if take.job.model not in MODELS or found.song is None:
            return nothing
        if take.job.is_edit:
            edit = edit_command(take.job, found.song, found.project, found.store)
            return edit.sentence if edit.differences else edit.command
        remake = remake_command(found, found.song, take.job)
        return remake or f"{nothing} (the song file asks for something else now)"


def planned_job(song: Song, job: Job, **wish: Any) -> Job | None:
    """The job that a song asks for in the place of another; None if it asks for none."""
    request = Request((job.model,), (job.segment,), takes=job.take, **wish)
    try:
        return next((j for j in list_jobs(song, request) if j.take == job.take), None)
    except UserError:
        return None


def remake_command(found: FoundTake, song: Song, job: Job) -> str:
    """The command that makes a take of these inputs; "" where the song file says other ones.

    What differs from the song file in checkpoint, seed and settings alone can be typed.
    """
    checkpoint = {job.model: job.checkpoint}
    first = (job.seed - job.take + 1) % (MAX_SEED + 1)
    plain = planned_job(song, job)
    asked = planned_job(song, job, checkpoints=checkpoint, seed=first)
    if plain is None or asked is None:
        return ""
    typed = {
        parameter.name: job.settings[parameter.name]
        for parameter in MODELS[job.model].parameters
        if not (parameter.option or parameter.parse or parameter.resolve_for_segment)
        and parameter.name in job.settings
        and job.settings[parameter.name] != asked.settings.get(parameter.name)
    }
    if changed_fields(job, replace(asked, settings={**asked.settings, **typed})):
        return ""
    words = ["--takes", str(job.take)] if job.take > 1 else []
    words += ["--seed", str(first)] if plain.seed != job.seed else []
    if typed:
        words = ["--song", found.project.relative(song.path), "--segment", str(job.segment), *words]
        words += ["--checkpoint", job.checkpoint] if plain.checkpoint != job.checkpoint else []
        for name, value in typed.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join(["nox", "-s", job.model, "--", *words, "--force"])
    words = ["--models", job.model, "--segments", str(job.segment), *words]
    if plain.checkpoint != job.checkpoint:
        words += ["--checkpoint", f"{job.model}={job.checkpoint}"]
    return found.command("generate", *words, "--force")


def _reason(older: Take, newer: Take, which: str) -> str:
    """Why a take was replaced: what it was made of, and the newer one is not."""
    if inputs := describe_inputs(newer.job, older, ""):
        return f"{which} was made of: {inputs}"
    if older.lock_sha256 != newer.lock_sha256:
        return f"{which} was made in an environment of another lock"
    if older.weights != newer.weights:
        return f"{which} was made while its weights had other hashes"
    if older.inputs_hash != newer.inputs_hash:
        return f"{which} was made by an older recipe"
    if older.made.device != newer.made.device:
        return f"{which} was made on {older.made.device}"
    return "both are of the same inputs, made anew"


def _day(take: Take) -> str:
    return take.made.started[:10]
