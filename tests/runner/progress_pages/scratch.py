"""A small project on disk, with real wavs and real records, in whatever state a test needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.core.environ import MARKER
from secondtake.core.files import sha256_of, write_json
from secondtake.core.jobs import Job, inputs_hash
from secondtake.core.outcomes import Outcome, OutcomeFiles
from secondtake.core.plan import Request, list_jobs
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song, load_song
from secondtake.core.take_store import write_kept
from secondtake.core.takes import (
    Licence,
    Provenance,
    Take,
    Wav,
    record_path,
    wav_path,
    write_record,
)
from secondtake.core.wav import write_wav
from secondtake.core.weights import FetchedFile, Manifest, write_manifest
from secondtake.runner.progress_pages.pages import page_path, render

SONG = """
title = "Two Segments"
style = "trap with tango colours"
results = "results"

[[segment]]
number = 7
kind = "instrumental"
title = "Digital Bandoneón"
seconds = 2
baseline = "data/baseline/suno_segment7_instrumental.wav"
models = ["stable_audio", "sketch"]

[[segment]]
number = 10
kind = "chorus"
title = "Susurra Conmigo"
seconds = 2
lyrics = "We whisper, susurra conmigo,\\namor y código."
baseline = "data/baseline/suno_segment10_chorus.wav"
models = ["bark", "sketch"]

[segment.bark]
prompt = "[MAN] ♪ We whisper, susurra conmigo, amor y código. ♪"
voice = "v2/es_speaker_0"
"""
STARTED = "2026-03-01T09:30:00+00:00"
SECONDS = 1.5  # of every take here
BLOCK = Outcome(
    "blocked",
    "no_token",
    "stabilityai/stable-audio-open-1.0 is gated, and there is no token",
    "put HF_TOKEN into .env; docs/HUGGINGFACE_SETUP.md",
)


@dataclass(frozen=True)
class Scratch:
    """A project, one song of it, and the ways to fill it."""

    project: Project
    song: Song

    @property
    def results(self) -> Path:
        return self.song.results

    def jobs(self, model: str = "", takes: int = 1) -> tuple[Job, ...]:
        return list_jobs(self.song, Request(models=(model,) if model else (), takes=takes))

    def make(self, job: Job, seconds: float = SECONDS, **changes: Any) -> Take:
        """A take as its model would have left it: wav first, then record."""
        model, path = MODELS[job.model], wav_path(self.results, job.name)
        frames = int(seconds * model.sample_rate)
        tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(frames) / model.sample_rate)
        samples = np.repeat(tone[:, None], model.channels, axis=1).astype(np.float32)
        write_wav(path, samples, model.sample_rate)
        lock = sha256_of(self.project.lock(job.model))
        made = {
            "started": STARTED,
            "seconds": 3.25,
            "load_seconds": 11.5,
            "device": "cpu",
            "dtype": "float32",
            "peak_memory_bytes": 5 << 30,
            "platform": "Linux x86_64",
            "versions": {"python": "3.11.7", "torch": "2.5.1"},
        }
        take = Take(
            job=job,
            inputs_hash=inputs_hash(job, lock, {}),
            lock_sha256=lock,
            weights={},
            wav=Wav(
                path.name,
                sha256_of(path),
                path.stat().st_size,
                frames,
                model.channels,
                model.sample_rate,
            ),
            made=Provenance(**{**made, **changes.pop("made", {})}),
            warnings=changes.pop("warnings", ()),
            remarks=changes.pop("remarks", ()),
            details=changes.pop("details", {}),
            licence=changes.pop("licence", Licence(model.code_licence, _licence_of(job))),
        )
        assert not changes
        write_record(self.results, take)
        return take

    def earlier(self, job: Job, seconds: float = SECONDS, **changes: Any) -> Take:
        """A take that another one of its job has displaced; make that one afterwards."""
        take = self.make(job, seconds, **changes)
        earlier = take.named(take.earlier_name)
        wav_path(self.results, take.name).rename(wav_path(self.results, earlier.name))
        record_path(self.results, take.name).unlink()
        write_record(self.results, earlier)
        return earlier

    def keep(self, *takes: Take) -> None:
        write_kept(self.results, self.song.name, [take.wav.sha256 for take in takes])

    def note(self, model: str, outcome: Outcome) -> None:
        OutcomeFiles(self.results).record(model, {job.name: outcome for job in self.jobs(model)})

    def baseline(self, number: int, seconds: float = 2.5, sample_rate: int = 48_000) -> Path:
        reference = self.song.segment(number).baseline
        assert reference is not None
        samples = np.full((int(seconds * sample_rate), 2), 0.25, np.float32)
        write_wav(reference.file, samples, sample_rate)
        return reference.file

    def environment(self, name: str, lock: str = "") -> None:
        home = self.project.root / ".venvs" / f"{name}-1"
        write_json(home / MARKER, {"lock_sha256": lock or sha256_of(self.project.lock(name))})
        self.project.environment(name).symlink_to(home)

    def weights(self, model: str, *, pinned: bool = False, size: int = 2048) -> None:
        """Every weight file of the default checkpoint, fetched."""
        checkpoint = MODELS[model].checkpoint("")
        files = {}
        for place, weight in enumerate(checkpoint.weights):
            path = self.project.cache / "hub" / f"{model}-{place}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"w" * size)
            files[weight.key] = FetchedFile(
                weight.key,
                str(path.relative_to(self.project.cache)),
                sha256_of(path),
                size,
                weight.source,
                "0123456789abcdef" if weight.repository else "",
                pinned,
                (1, 2, 3, 4),
            )
        write_manifest(self.project, Manifest(model, checkpoint.name, files))

    def verify(self, verdict: str = "pass", checks: list[dict[str, Any]] | None = None) -> None:
        """verification.json as scripts/verify_results.py writes it."""
        shown = checks or [check("decodes", SECONDS, "s"), check("true peak", -10.5, "dBTP")]
        wavs = sorted((self.results / "local_models").glob("*.wav"))
        files = [
            {
                "file": self.project.relative(path),
                "kind": "take",
                "verdict": verdict,
                "checks": shown,
            }
            for path in wavs
        ]
        write_json(
            self.results / "verification.json",
            {"format": 1, "song": self.song.name, "files": files, "wavs_without_record": []},
        )

    def compare(self, segments: list[dict[str, Any]], **more: Any) -> None:
        """comparison_results.json as scripts/analyse_results.py writes it, of the files there."""
        for take in (take for segment in segments for take in segment["takes"]):
            path = wav_path(self.results, take["name"])
            take["sha256"] = sha256_of(path) if path.exists() else ""
        for segment in segments:
            named = self.song.segment(segment["number"]).baseline
            if named and named.file.exists():
                key = {"sha256": sha256_of(named.file), "start": named.start, "end": named.end}
                segment["baseline"] = {**segment["baseline"], **key}
        write_json(
            self.results / "analysis" / "comparison_results.json",
            {"format": 2, "song": self.song.name, "title": "…", "segments": segments, **more},
        )

    def page(self, number: int) -> str:
        return render(self.song, self.project)[page_path(self.results, number)]


def _licence_of(job: Job) -> str:
    return MODELS[job.model].checkpoint(job.checkpoint).licence


def check(
    name: str, figure: float | None, unit: str, verdict: str = "pass", note: str = ""
) -> dict[str, Any]:
    """One check as verification.json holds it."""
    return {
        "name": name,
        "verdict": verdict,
        "figure": figure,
        "unit": unit,
        "threshold": "at most -1 dBTP",
        "note": note,
    }


def compared(job: Job, against: str | None, metrics: list[dict[str, Any]]) -> dict[str, Any]:
    """One take as comparison_results.json holds it."""
    return {
        "name": job.name,
        "floor": MODELS[job.model].is_control,
        "against": against,
        "measured": {"seconds": SECONDS, "tempo_bpm": None, "key": "A minor", "lufs": -13.4},
        "measurements": metrics,
        "plot": f"{job.name}.png",
    }


def metric(name: str, scaled: float | None, **more: Any) -> dict[str, Any]:
    """One measurement as comparison_results.json holds it."""
    return {
        "name": name,
        "question": name,
        "unit": "r",
        "value": 0.41,
        "floor": 0.02,
        "mark": 0.2,
        "ceiling": 0.8,
        "interval": [0.3, 0.5],
        "scaled": scaled,
        "verdict": "between",
        "against_mark": "ahead",
        **more,
    }


def new_scratch(root: Path, song: str = SONG, file: str = "study.toml") -> Scratch:
    (root / "songs").mkdir(parents=True, exist_ok=True)
    (root / "requirements").mkdir(exist_ok=True)
    (root / "noxfile.py").write_text("")
    for name in (*MODELS, "analysis"):
        (root / "requirements" / f"{name}.lock").write_text(f"# {name}\n")
    path = root / "songs" / file
    path.write_text(song, encoding="utf-8")
    project = Project(root)
    return Scratch(project, load_song(path, project))
