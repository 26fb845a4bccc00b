"""The registry: every model that secondtake can run, one entry each.

A model is known here and by its page, scripts/generate_<name>.py; noxfile, tasks, song files,
reports and tests all read this table. What it needs installed is in requirements/<name>.txt.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from secondtake.errors import UserError
from secondtake.names import did_you_mean, shown

GIB = 1 << 30
DEVICES = ("auto", "cpu", "cuda", "mps")
KINDS: dict[type, str] = {str: "text", int: "a whole number", float: "a number"}
LONGEST_TEXT = 1000  # characters of a parameter that is text


@dataclass(frozen=True)
class Parameter:
    """Something a song file or a command line may set for one model."""

    name: str
    default: str | int | float | None
    help: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    kind: type = str  # what a value must be; an int is a float too
    pattern: str = ""  # what a text must look like, where not every text will do

    def check(self, value: Any, where: str) -> Any:
        """Return `value` if it is acceptable; UserError naming `where` otherwise."""
        fits = isinstance(value, (int, float) if self.kind is float else self.kind)
        if isinstance(value, bool) or not fits:
            raise UserError(f"{where}: expected {KINDS[self.kind]}, got {shown(value)}")
        if self.choices and value not in self.choices:
            chosen = f"{shown(value)} is no choice"
            raise UserError(f"{where}: {chosen}; {did_you_mean(value, self.choices)}")
        if isinstance(value, str) and (len(value) > LONGEST_TEXT or not value.isprintable()):
            raise UserError(
                f"{where}: {shown(value)} is no line of at most {LONGEST_TEXT} visible characters"
            )
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise UserError(f"{where}: {shown(value)} is none; {self.help}")
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            raise UserError(f"{where}: {shown(value)} is outside {self.low:g} to {self.high:g}")
        return self.kind(value)


@dataclass(frozen=True)
class Weight:
    """One file that a checkpoint is made of, on the hub or at a plain address."""

    key: str  # how the model's page asks for it
    file: str
    repository: str = ""
    revision: str = "main"
    url: str = ""  # instead of a repository
    sha256: str = ""  # where the true value is known; else the first fetch records the hub's
    optional: bool = False

    @property
    def source(self) -> str:
        return self.url or f"{self.repository}/{self.file}"


@dataclass(frozen=True)
class Checkpoint:
    """One set of weights that a model's page can load."""

    name: str
    title: str
    weights: tuple[Weight, ...] = ()
    licence: str = ""
    longest_seconds: float = 600.0  # the longest take in one native window
    converted_bytes: int = 0  # room for safetensors made of its pickles
    memory_bytes: int = GIB  # peak while loading and generating on the CPU
    gate: str = ""  # page where a person accepts the licence, if the repository is gated
    defaults: Mapping[str, Any] = field(default_factory=dict)  # over the parameters' own


@dataclass(frozen=True)
class Model:
    """What the rest of the house knows about a model."""

    name: str
    title: str
    roles: tuple[str, ...]  # vocal, instrumental
    sample_rate: int  # Hz
    channels: int
    bandwidth_hz: float  # the highest frequency it can make
    exact_length: bool  # makes exactly the seconds it is asked for
    code_licence: str
    devices: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]  # the first is the default
    parameters: tuple[Parameter, ...] = ()
    honours: tuple[str, ...] = ("prompt", "seed")  # of a job's facts; its parameters always
    imports: tuple[str, ...] = ()  # what must import in a fresh environment
    environment_bytes: int = GIB  # room its environment takes
    recipe: int = 1  # raised when the same job would sound different
    floor: bool = False  # no model of music: the mark that the others must beat
    note: str = ""

    def checkpoint(self, name: str, where: str = "checkpoint") -> Checkpoint:
        """The checkpoint of that name ("" for the default); UserError naming `where`."""
        known = {checkpoint.name: checkpoint for checkpoint in self.checkpoints}
        if name and name not in known:
            raise UserError(f"{where}: no checkpoint {name!r}; {did_you_mean(name, known)}")
        return known[name] if name else self.checkpoints[0]

    def settings(self, checkpoint: Checkpoint, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter's value: as chosen, else the checkpoint's, else the model's own."""
        defaults = {parameter.name: parameter.default for parameter in self.parameters}
        return {**defaults, **checkpoint.defaults, **chosen}


def _bark_weights(suffix: str) -> tuple[Weight, ...]:
    stages = tuple(
        Weight(key=stage, repository="suno/bark", file=f"{stage}{suffix}.pt")
        for stage in ("text", "coarse", "fine")
    )
    vocabulary = Weight(
        key="vocabulary", repository="google-bert/bert-base-multilingual-cased", file="vocab.txt"
    )
    codec = Weight(
        key="codec",
        file="encodec_24khz-d7cc33bc.th",
        url="https://dl.fbaipublicfiles.com/encodec/v0/encodec_24khz-d7cc33bc.th",
        sha256="d7cc33bcf1aad7f2dad9836f36431530744abeace3ca033005e3290ed4fa47bf",
    )
    return (*stages, vocabulary, codec)


def _stable_audio_weights(repository: str, checkpoint_file: str) -> tuple[Weight, ...]:
    # The text encoder is no part of the checkpoint. transformers needs these three files of it,
    # and no spiece.model, which tokenizer.json replaces; there is no tokenizer_config.json.
    encoder = ("config.json", "model.safetensors", "tokenizer.json")
    return (
        Weight(key="config", repository=repository, file="model_config.json"),
        Weight(key="model", repository=repository, file=checkpoint_file),
        *(Weight(key=f"t5/{name}", repository="t5-base", file=name) for name in encoder),
    )


BARK = Model(
    name="bark",
    title="Bark",
    roles=("vocal",),
    sample_rate=24_000,
    channels=1,
    bandwidth_hz=12_000,
    exact_length=False,  # it ends when it has sung its lyrics
    code_licence="MIT",
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "torchaudio", "encodec", "bark.generation"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="large",
            title="Bark (large)",
            weights=_bark_weights("_2"),
            licence="MIT",
            longest_seconds=14.0,  # 768 semantic tokens at 49.9 Hz, less what ends mid-word
            converted_bytes=4 * GIB + GIB // 2,
            memory_bytes=8 * GIB,
        ),
        Checkpoint(
            name="small",
            title="Bark (small)",
            weights=_bark_weights(""),
            licence="MIT",
            longest_seconds=14.0,
            converted_bytes=GIB + GIB // 2,
            memory_bytes=5 * GIB,
        ),
    ),
    parameters=(
        Parameter(
            "voice",
            "",
            "voice preset such as v2/en_speaker_6; empty: Bark's own choice",
            pattern=r"(announcer|(v2/)?[a-z]{2}_speaker_[0-9])?",
        ),
        Parameter(
            "text_temperature",
            0.7,
            "how freely words become speech",
            low=0.01,
            high=2.0,
            kind=float,
        ),
        Parameter(
            "waveform_temperature",
            0.7,
            "how freely speech becomes sound",
            low=0.01,
            high=2.0,
            kind=float,
        ),
    ),
)

STABLE_AUDIO_SAMPLERS = (  # what may be asked for; secondtake_models.stable_audio: by whom
    "dpmpp-3m-sde", "dpmpp-2m-sde", "dpmpp-2m",
    "k-heun", "k-lms", "k-dpm-2", "k-dpmpp-2s-ancestral",
    "v-ddim", "v-ddim-cfgpp",
    "pingpong", "euler", "rk4", "dpmpp",
)  # fmt: skip

STABLE_AUDIO = Model(
    name="stable_audio",
    title="Stable Audio",
    roles=("instrumental",),
    sample_rate=44_100,
    channels=2,
    bandwidth_hz=20_000,
    exact_length=True,
    code_licence="MIT",
    honours=("prompt", "seed", "seconds"),
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "torchaudio", "transformers", "stable_audio_tools"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="open-1.0",
            title="Stable Audio Open 1.0",
            weights=_stable_audio_weights("stabilityai/stable-audio-open-1.0", "model.safetensors"),
            licence="Stability AI Community License",
            longest_seconds=47.5,
            memory_bytes=11 * GIB,
            gate="https://huggingface.co/stabilityai/stable-audio-open-1.0",
        ),
        Checkpoint(
            name="open-small",
            title="Stable Audio Open Small",
            weights=_stable_audio_weights("stabilityai/stable-audio-open-small", "model.ckpt"),
            licence="Stability AI Community License",
            longest_seconds=11.8,
            converted_bytes=2 * GIB,
            memory_bytes=5 * GIB,
            gate="https://huggingface.co/stabilityai/stable-audio-open-small",
            defaults={"steps": 8, "cfg_scale": 1.0, "sampler": "pingpong"},
        ),
    ),
    parameters=(
        Parameter("negative_prompt", "", "what the sound should keep away from"),
        Parameter("steps", 100, "denoising steps", low=1, high=1000, kind=int),
        Parameter(
            "cfg_scale", 7.0, "how closely to follow the prompt", low=0.0, high=30.0, kind=float
        ),
        Parameter(
            "sampler",
            "dpmpp-3m-sde",
            "how to denoise: one of the first nine for open-1.0, of the last four for open-small",
            choices=STABLE_AUDIO_SAMPLERS,
        ),
    ),
)

SKETCH = Model(
    name="sketch",
    title="Sketch (rule-based floor)",
    roles=("vocal", "instrumental"),
    sample_rate=44_100,
    channels=2,
    bandwidth_hz=20_000,
    exact_length=True,
    code_licence="MIT",
    honours=("style", "lyrics", "languages", "seconds", "bpm", "key", "seed"),
    devices=("cpu",),
    imports=("numpy", "tinysoundfont", "pretty_midi", "espeakng_loader"),
    environment_bytes=GIB // 8,
    checkpoints=(
        Checkpoint(
            name="built-in", title="General MIDI soundfont and espeak-ng", longest_seconds=180.0
        ),
    ),
    floor=True,
    note="no model of music: the mark that a neural model must beat",
)

MODELS: dict[str, Model] = {model.name: model for model in (BARK, STABLE_AUDIO, SKETCH)}


def find_model(name: str, where: str = "model") -> Model:
    """The model of that name; UserError naming `where` and the nearest name otherwise."""
    if name not in MODELS:
        raise UserError(f"{where}: no model {name!r}; {did_you_mean(name, MODELS)}")
    return MODELS[name]
