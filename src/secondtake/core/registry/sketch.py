"""The sketch: a rule-based arrangement, the control that every model of music must beat."""

import re
from functools import lru_cache

from secondtake.core.errors import UnsupportedError
from secondtake.core.letters import words_in
from secondtake.core.lyrics import lyrics_remarks, read_lyrics
from secondtake.core.prompts.bark_prompt import PromptJob
from secondtake.core.prompts.espeak_voices import (
    check_languages,
    espeak_voice,
    languages_remark,
)
from secondtake.core.prompts.singing_time import check_duration
from secondtake.core.prompts.sketch_style import style_remarks
from secondtake.core.registry.spec import EPYC, GIB, CheckedJob, Checkpoint, ModelSpec, Speed

LONGEST_SECONDS = 240.0  # takes 1.4 GB of memory
CHINESE = frozenset({"cmn", "yue", "hak"})
HAN = re.compile("[\u3400-\u9fff]")
SLOWEST_BPM = 40.0  # slower, a bar outlasts any phrase
FASTEST_BPM = 240.0  # faster, rolls become noise
FASTEST_COMPOUND_BPM = FASTEST_BPM * 2 / 3  # of dotted quarters: as many eighths a minute
FASTEST_RATE = 10.0  # syllables a second; espeak-ng at its fastest says 5 to 8, with its pauses


def check_compound_tempo(meter: str, bpm: float) -> None:
    """UnsupportedError for a 6/8 of more eighths than the fastest 4/4 has."""
    if meter == "6/8" and bpm > FASTEST_COMPOUND_BPM:
        limits = f"{SLOWEST_BPM:g} to {FASTEST_COMPOUND_BPM:g}"
        message = f"{bpm:g} is outside the {limits} of sketch in 6/8"
        hint = f"give the segment bpm = a number from {limits}, of dotted quarters"
        raise UnsupportedError("bpm", message, f"{hint}: a third of its eighths")


def check_sketch(job: CheckedJob) -> None:
    """UnsupportedError for a 6/8 that is too fast, and for lyrics in a language that espeak-ng
    does not speak, or that it cannot say in the seconds at all; it says itself how many it needs
    for what comes near to that."""
    check_compound_tempo(job.meter, job.bpm)
    if not job.lyrics:
        return
    words = _sung_words(job.lyrics)
    if not any(words_in(words)):
        hint = "add the words, or remove the lyrics"
        raise UnsupportedError("lyrics", "nothing in them is sung", hint)
    check_languages(job.languages)
    check_duration(words, job.seconds, LONGEST_SECONDS, FASTEST_RATE)


@lru_cache(maxsize=4096)  # a song has a thousand segments, and is planned more than once
def _sung_words(lyrics: str) -> str:
    return read_lyrics(lyrics).text


def sketch_remarks(job: PromptJob) -> tuple[str, ...]:
    """Sentences for a person about what is sung of a job's lyrics, and heard in its style."""
    unsaid = languages_remark(job.languages) if job.lyrics else ""
    heard = style_remarks(job.style, bool(job.lyrics), job.meter)
    remarks = (*lyrics_remarks(job.lyrics), *filter(None, [unsaid]), *heard)
    language = job.languages[0] if job.languages else ""
    if espeak_voice(language) in CHINESE or not HAN.search(_sung_words(job.lyrics)):
        return remarks
    says = f'espeak-ng says "Chinese letter" for every Chinese character in {language}'
    return (*remarks, f"{says}; write what is to be heard in its own letters, such as kana")


SKETCH = ModelSpec(
    name="sketch",
    title="Sketch (rule-based control)",
    roles=("vocal", "instrumental", "song"),
    sample_rate=44_100,
    channels=2,
    bandwidth_hz=20_000,
    exact_length=True,
    code_licence="MIT",
    supports=("style", "lyrics", "languages", "seconds", "bpm", "meter", "key", "seed"),
    devices=("cpu",),
    imports=("numpy", "tinysoundfont", "pretty_midi", "espeakng_loader"),
    environment_bytes=GIB // 8,
    checkpoints=(
        Checkpoint(
            name="built-in",
            title="General MIDI soundfont and espeak-ng",
            shortest_seconds=1.0,
            speed=Speed(EPYC, work=0.05),
            longest_seconds=LONGEST_SECONDS,
            memory_bytes=GIB * 3 // 2,
        ),
    ),
    generation_version=3,  # 3: meters, eight grooves, segments cut out of a song
    slowest_bpm=SLOWEST_BPM,
    fastest_bpm=FASTEST_BPM,
    check=check_sketch,
    remarks=sketch_remarks,
    is_control=True,
    note="no model of music: the mark that a neural model must beat",
)
