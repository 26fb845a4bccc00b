"""Finished takes of the humming model, made without a process, for tests of what reads them."""

from secondtake.core.files import sha256_of
from secondtake.core.jobs import Job, inputs_hash
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song, load_song
from secondtake.core.take_files import store_new
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import Provenance, Take, Wav, takes_folder, wav_path, write_record


def hum_song(project: Project) -> Song:
    return load_song(project.root / "songs" / "hum.toml", project)


def make(project: Project, job: Job, weights: dict[str, str] | None = None) -> Take:
    """A take whose wav is four bytes that only its hash knows."""
    results = hum_song(project).results
    path = wav_path(results, job.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF")
    lock = sha256_of(project.lock("hum"))
    take = Take(
        job=job,
        inputs_hash=inputs_hash(job, lock, weights or {}),
        lock_sha256=lock,
        weights=weights or {},
        wav=Wav(path.name, sha256_of(path), 4, 8000, 1, MODELS["hum"].sample_rate),
        made=Provenance(
            "2026-01-01T00:00:00+00:00", 1.5, 0.5, "cpu", "float32", 1, "x", {"p": "1"}
        ),
        warnings=("one",),
        details={"windows": [1, 2]},
    )
    write_record(results, take)
    return take


def store(project: Project, job: Job, sound: bytes) -> Take:
    """A take of this sound, stored beside what is there as the generation loop does."""
    results = hum_song(project).results
    aside = takes_folder(results) / f".{job.name}.new.part"
    aside.parent.mkdir(parents=True, exist_ok=True)
    aside.write_bytes(sound)
    lock = sha256_of(project.lock("hum"))
    wav = Wav(f"{job.name}.wav", sha256_of(aside), len(sound), 8000, 1, 8000)
    made = Provenance("2026-01-01T00:00:00+00:00", 1.5, 0.5, "cpu", "float32", 1, "x", {})
    take = Take(job, inputs_hash(job, lock, {}), lock, {}, wav, made, (), {})
    return store_new(results, take, aside)


def take_store(project: Project) -> TakeStore:
    song = hum_song(project)
    return TakeStore(song.results, song.name)


def first_job(project: Project, **wish: object) -> Job:
    return plan(hum_song(project), Request(segments=(1,), **wish))[0]  # type: ignore[arg-type]
