"""The data of the listening page: every segment with its versions, and what is missing.

A version is shown where its clip is of the very file that the survey found. Else it is missing, and
stands in its place with the reason and what to type.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.core.formatting import plural
from secondtake.core.licences import explain_licence
from secondtake.core.listening_file import (
    ListeningFile,
    SegmentClips,
    Version,
    clip_name,
    spectrogram_path,
)
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Segment
from secondtake.core.take_facts import level_step
from secondtake.core.takes import Take
from secondtake.runner.html_pages.html import data_uri
from secondtake.runner.html_pages.listening_figures import (
    level_figure,
    short_closeness,
    take_figures,
    word_figure,
)
from secondtake.runner.html_pages.report_data import Figures
from secondtake.runner.progress_pages import remedies
from secondtake.runner.progress_pages.best_takes import TakeGroup, take_groups
from secondtake.runner.progress_pages.phase1_baseline import BaselineStatus, baseline_statuses
from secondtake.runner.progress_pages.results import FileVerdict
from secondtake.runner.progress_pages.sections import weights_licence
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus, group_by

Json = dict[str, Any]
BASELINE = "Baseline"
MARKS = {"pass": "ok", "warn": "warn", "fail": "fail"}
ALERTS = {"warn": "a check warns", "fail": "a check failed"}
ABSENT = {
    "absent": "The recording is not there.",
    "unreadable": "The recording cannot be read.",
    "unnamed": "The song file names no recording of this segment.",
}
STALE = "The sound is newer than the clips of this page."


@dataclass(frozen=True)
class SongClips:
    """A song's status, its clips, and the figures of its takes."""

    status: SongStatus
    listening: ListeningFile
    figures: Figures

    def segments(self) -> list[Json]:
        """Every segment of the song, in its order."""
        clips = {part.segment: part for part in self.listening.segments}
        return [
            SegmentData(self, baseline, clips.get(baseline.segment.number)).as_json()
            for baseline in baseline_statuses(self.status)
        ]

    @property
    def prepare_command(self) -> str:
        return self.status.command("page")

    def why_unprepared(self, name: str) -> str:
        """Why there is no clip of a take, or of baseline_segment<number>."""
        return next((why for skipped, why in self.listening.skipped if skipped == name), STALE)


@dataclass(frozen=True)
class SegmentData:
    """One segment of the page."""

    song: SongClips
    baseline: BaselineStatus
    clips: SegmentClips | None  # None: none were made

    @property
    def segment(self) -> Segment:
        return self.baseline.segment

    def as_json(self) -> Json:
        """The segment as JavaScript reads it; rows of one place belong to one model."""
        status = self.song.status
        jobs = [entry for entry in status.jobs if entry.job.segment == self.segment.number]
        places = _places(jobs)
        versions, missing = self._baseline_row()
        for group in take_groups(status, jobs):
            place = places[group.first.job.model]
            for take in group.takes:
                version = self._clip(take)
                if version:
                    versions.append({"place": place, **self._take(group, take, version)})
                else:
                    row = self._unprepared(take.name, _label(group, take))
                    missing.append({"place": place, **row})
        for take, count in _without_sound(jobs):
            missing.append({"place": places[take.job.model], **self._absent(take, count)})
        return {
            **_asked(self.segment),
            "seconds": self.clips.seconds if self.clips else self.segment.seconds,
            "versions": sorted(versions, key=lambda version: version["place"]),
            "missing": missing,
        }

    def _clip(self, take: JobStatus) -> Version | None:
        """The clip of a take, if it was made of the file that is there now."""
        versions = self.clips.versions if self.clips else ()
        sha256 = take.take.wav.sha256 if take.take else ""
        return next((v for v in versions if (v.take, v.sha256) == (take.name, sha256)), None)

    def _baseline_row(self) -> tuple[list[Json], list[Json]]:
        """The baseline as the first version, or as the first that is missing."""
        baseline, command = self.baseline, self.baseline.import_command
        if baseline.state != "ready":
            why = ABSENT[baseline.state]
            command = "" if baseline.state == "unnamed" else command
            return [], [{"place": 0, **_missing(BASELINE, baseline.state, why, command)}]
        version = self._baseline_clip()
        if version is None:
            name = f"baseline_segment{self.segment.number}"
            return [], [{"place": 0, **self._unprepared(name, BASELINE)}]
        facts = {
            "place": 0,
            "label": BASELINE,
            "maker": BASELINE,
            "note": f"the recording, {baseline.stretch}" if baseline.stretch else "the recording",
            "role": "baseline",
            "model": "",
            "best": True,
            "repaint": False,
            "figures": [word_figure(version.words)] if version.words else [],
            "prompt": "",
            "licence": "",
        }
        return [{**facts, **self._sound(version), **_verdict(baseline.verdict)}], []

    def _baseline_clip(self) -> Version | None:
        """The clip of the stretch that the song file names now."""
        recording = self.segment.baseline
        if self.clips is None or recording is None:
            return None
        stretch = (recording.start, recording.end)
        name = clip_name(self.segment.number, self.baseline.sha256, stretch)
        versions = (version for version in self.clips.versions if version.is_baseline)
        return next((version for version in versions if version.clip == name), None)

    def _take(self, group: TakeGroup, take: JobStatus, version: Version) -> Json:
        figures, model = self.song.figures, take.model
        states = {"outdated": "out of date", "kept": "kept"}
        words = [
            states.get(take.state, ""),
            _choice(group) if take is group.first else "",
            short_closeness(figures.takes.get(take.name)),
        ]
        record = take.take
        reason = group.reason(take) if group.several else ""
        step = level_step(record) if record else ""
        shown = take_figures(figures, take.name, self.segment, version.words)
        return {
            "label": _label(group, take),
            "maker": take.maker_title,
            "note": "; ".join(filter(None, words)) or model.note,
            "role": "cover" if take.baseline_mark else "control" if model.is_control else "model",
            "model": take.maker,
            "best": take is group.first,
            "repaint": bool(take.made_of),
            "figures": [*shown, level_figure(step)] if step else shown,
            "prompt": _own_prompt(take, self.segment),
            "licence": _licence(record) if record else "",
            **self._sound(version),
            **_verdict(self.song.status.verdict(take), reason),
        }

    def _sound(self, version: Version) -> Json:
        path = spectrogram_path(self.song.status.folder, version.clip)
        return {
            "clip": version.clip,
            "seconds": version.seconds,
            "attenuationDb": version.attenuation_db,
            "commonAttenuationDb": version.common_attenuation_db,
            "headroomDb": version.headroom_db,
            "peaks": version.peaks,
            "spectrogram": data_uri(path.read_bytes(), "image/png") if path.is_file() else "",
            "words": version.words,
        }

    def _unprepared(self, name: str, label: str) -> Json:
        """A row for a recording that is there, but not as a clip."""
        song = self.song
        return _missing(label, "not prepared", song.why_unprepared(name), song.prepare_command)

    def _absent(self, take: JobStatus, count: int) -> Json:
        """A row for a take that is not there, or several that one reason keeps away."""
        status = self.song.status
        why = status.shorten_paths(take.why or (take.outcome.message if take.outcome else ""))
        if take.outcome and take.outcome.hint and take.state in ("blocked", "failed"):
            why = f"{why.rstrip('.')}. {status.shorten_paths(take.outcome.hint)}"
        label = take.model.title if count == 1 else f"{take.model.title}, {plural(count, 'take')}"
        return _missing(label, take.state, why or "Not made yet.", self._make_command(take))

    def _make_command(self, take: JobStatus) -> str:
        """What makes a take that is not there; "" where nothing does."""
        status, model = self.song.status, take.model
        if take.state == "skipped":
            return ""
        if take.outcome and take.outcome.code and take.state in ("blocked", "failed"):
            checkpoint = model.checkpoint(take.job.checkpoint)
            steps = remedies.remedy(
                status, model, checkpoint, take.outcome.code, "", take.edit_command
            )
            return "\n".join(steps.commands)
        return status.command_to_make(take)


def _asked(segment: Segment) -> Json:
    """What the song file says of a segment."""
    return {
        "number": segment.number,
        "kind": segment.kind,
        "title": segment.title,
        "style": segment.style,
        "lyrics": segment.lyrics.splitlines(),
        "language": segment.languages[0] if segment.languages else "",
        "bpm": segment.bpm,
        "key": segment.key,
        "askedSeconds": segment.seconds,
    }


def _places(jobs: Iterable[JobStatus]) -> dict[str, int]:
    """The place of each model among the versions: in their order, the control at the end."""
    models = dict.fromkeys(entry.job.model for entry in jobs)
    ordered = sorted(models, key=lambda name: MODELS[name].is_control)
    return {name: place for place, name in enumerate(ordered, 1)}


def _without_sound(jobs: Iterable[JobStatus]) -> list[tuple[JobStatus, int]]:
    """The jobs of which nothing can be played, one for each reason, and how many share it."""
    absent = (entry for entry in jobs if not entry.playable)
    alike = group_by(absent, lambda entry: (entry.job.model, entry.state, entry.why))
    return [(entries[0], len(entries)) for entries in alike.values()]


def _label(group: TakeGroup, take: JobStatus) -> str:
    is_named = group.several or take.made_of
    return f"{take.maker_title}, {take.label}" if is_named else take.maker_title


def _choice(group: TakeGroup) -> str:
    """What the ranking makes of the first of several takes; "" where there is one."""
    if not group.several:
        return ""
    if group.ranking is None:
        return "not ranked"
    return f"{'best' if group.ranking.best else 'least bad'} of {group.count}"


def _missing(label: str, state: str, why: str, command: str) -> Json:
    return {"label": label, "state": state, "why": why, "command": command}


def _verdict(verdict: FileVerdict | None, reason: str = "") -> Json:
    """What the checks say of a file, and an alert where one of them did not pass.

    reason: why a take has its place among several.
    """
    findings = verdict.findings if verdict else ["The file is not verified yet."]
    findings = findings or ["The file passes every check."]
    mark = MARKS[verdict.verdict] if verdict else "none"
    return {
        "verdict": {
            "mark": mark,
            "findings": findings,
            "place": reason,
        },
        "alert": ALERTS.get(verdict.verdict, "") if verdict else "",
    }


def _own_prompt(take: JobStatus, segment: Segment) -> str:
    """The prompt of a take, unless it is the lyrics that stand beside it anyway."""
    prompt = take.take.job.prompt if take.take else take.job.prompt
    return "" if prompt.split() == segment.lyrics.split() else prompt


def _licence(take: Take) -> str:
    """The licences of a take in short."""
    code = take.licence.code or MODELS[take.job.model].code_licence
    weights = weights_licence(take)
    if weights:
        return f"Weights: {explain_licence(weights)}. Code: {code}."
    return f"Licence: {code} (the code; there are no weights)."


def inline_clips(segments: Sequence[Json]) -> list[str]:
    """The clips of the versions that are shown, in an order that says nothing about them."""
    return sorted(version["clip"] for segment in segments for version in segment["versions"])
