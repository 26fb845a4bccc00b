"""Jobs: one model, one segment, one take, with everything that decides the sound."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from secondtake.core.files import canonical
from secondtake.core.registry.all_models import MODELS
from secondtake.core.serialization import from_dict

INPUTS = ("prompt", "style", "lyrics", "languages", "seconds", "bpm", "meter", "key", "seed")
TEXTS = ("prompt", "style", "lyrics")  # inputs


@dataclass(frozen=True)
class Job:
    """The request for one take. Equal jobs on equal weights make equal sound."""

    song: str
    segment: int
    kind: str
    title: str
    model: str
    checkpoint: str
    take: int  # 1, 2, …
    seed: int
    seconds: float
    prompt: str
    style: str
    lyrics: str
    languages: tuple[str, ...]
    bpm: float
    key: str
    settings: Mapping[str, Any]
    meter: str = ""  # "": none was said, and the model decides

    @property
    def name(self) -> str:
        """The take's file name without its ending: bark_segment10_chorus, …_take2."""
        suffix = f"_take{self.take}" if self.take > 1 else ""
        return f"{self.model}_segment{self.segment}_{self.kind}{suffix}"

    @property
    def used_inputs(self) -> list[str]:
        """The inputs that its model takes into account."""
        return sorted({*self._supported, *self.given_settings})

    @property
    def given_settings(self) -> dict[str, Any]:
        """Its settings, but for those of options that nobody typed."""
        return {
            name: value
            for name, value in self.settings.items()
            if value or name not in self._options
        }

    @property
    def unused_inputs(self) -> list[str]:
        """The inputs that the job has and its model does not take into account."""
        given = {name for name in INPUTS if getattr(self, name)}
        return sorted(given - self._supported)

    @property
    def text_lines(self) -> list[str]:
        """The texts that its model reads, each under the name of its input."""
        model = MODELS.get(self.model)
        texts: Mapping[str, str] = {
            name: getattr(self, name) for name in TEXTS if name in self._supported
        }
        if model and model.texts:
            texts = model.texts(self)
        return [
            f"{name}: " + text.replace("\n", "\n" + " " * len(f"{name}: "))
            for name, text in texts.items()
            if text
        ]

    @property
    def decides_by_meter(self) -> bool:
        """True if a meter was said and its model plays by it. One that reads the meter in its
        prompt at most makes no other sound because the song file says it."""
        return bool(self.meter) and "meter" in self._supported

    @property
    def from_baseline(self) -> bool:
        """True if its sound is made from the user's own recording: it is not independent of it."""
        model = MODELS.get(self.model)
        names = {p.name for p in model.parameters if p.from_baseline} if model else ()
        return any(self.settings.get(name) for name in names)

    @property
    def is_edit(self) -> bool:
        """True for a take that a command line alone asks for: a repaint of another, a cover."""
        return any(self.settings.get(name) for name in self._options)

    @property
    def _options(self) -> frozenset[str]:
        """The settings that an option of a command line alone sets."""
        model = MODELS.get(self.model)
        return frozenset(p.name for p in model.parameters if p.option) if model else frozenset()

    @property
    def _supported(self) -> frozenset[str]:
        """The inputs that its model knows; none if the registry no longer lists the model."""
        model = MODELS.get(self.model)
        return frozenset(model.supports) if model else frozenset()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences for a person about a job that can run all the same; no part of the job."""
        remarks = MODELS[self.model].remarks
        return remarks(self) if remarks else ()

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "languages": list(self.languages), "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Job":
        """The job of `to_json`. TypeError if something is missing, foreign or of another type."""
        return from_dict(cls, value)


def derived_seed(song: str, segment: int, model: str, take: int) -> int:
    """A seed that is the same on every machine and differs for every take (0 to 2**31 - 1)."""
    digest = hashlib.sha256(canonical([song, segment, model, take]).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def inputs_hash(job: Job, lock_sha256: str, weights: Mapping[str, str]) -> str:
    """One hash over all that decides the sound: job, version, environment lock, weights."""
    # A title is only a label: renaming a segment does not change how it sounds. A meter counts
    # where it is heeded alone, so that takes made before there were meters stay up to date.
    labels = {"title"} if job.decides_by_meter else {"title", "meter"}
    facts = {key: value for key, value in job.to_json().items() if key not in labels}
    version = MODELS[job.model].generation_version
    inputs = canonical([facts, version, lock_sha256, dict(weights)])
    return hashlib.sha256(inputs.encode()).hexdigest()
