"""Song files: what is read, what is rejected, and whether a reader can mend it."""

import os
import random
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from secondtake.core.errors import UserError
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import (
    KINDS,
    MODEL_KEYS,
    SEGMENT_KEYS,
    SONG_KEYS,
    VOCAL_KINDS,
    Baseline,
    load_song,
    whole_baseline,
)

SONGS = Path(__file__).parents[2] / "songs"
SONG = 'title = "A song"\n'
SEGMENT = '[[segment]]\nnumber = 1\nkind = "instrumental"\ntitle = "One"\nseconds = 10\n'
SUNG = '[[segment]]\nnumber = 2\nkind = "verse"\ntitle = "Two"\nseconds = 8\nlyrics = "La"\n'


def load(project, text, name="mine"):
    path = Path("songs") / f"{name}.toml"
    data = text if isinstance(text, bytes) else text.encode()
    (project.root / path).write_bytes(data)
    return load_song(path, project)


def refusal(project, text, name="mine"):
    """What a person reads; always one short line that starts with the file."""
    with pytest.raises(UserError) as error:
        load(project, text, name)
    message = str(error.value)
    assert message.startswith(f"songs/{name}.toml: ")
    assert message.isprintable() and len(message) < 500
    return message.removeprefix(f"songs/{name}.toml: ")


# What is read


def test_the_least_song_there_can_be_has_defaults_for_the_rest(project):
    song = load(project, SONG + SEGMENT)
    (segment,) = song.segments
    assert (song.name, song.title, song.style) == ("mine", "A song", "")
    assert song.results == project.root / "results" / "mine"
    assert (segment.bpm, segment.key, segment.languages) == (120.0, "A minor", ("en",))
    assert segment.baseline is None and segment.lyrics == ""
    players = [model.name for model in MODELS.values() if "instrumental" in model.roles]
    assert [part.model for part in segment.models] == players
    prompts = {"120 BPM", "120 BPM, A minor", "instrumental music"}
    assert {part.prompt for part in segment.models} == prompts


WHOLE = """
[[segment]]
number = 9
kind = "song"
title = "All of it"
seconds = 240
"""


def test_a_whole_song_is_played_by_who_makes_whole_songs_and_compared_with_all_of_it(project):
    head = SONG + 'baseline = "data/baseline/mine.wav"\n'
    song = load(project, head + WHOLE + 'lyrics = "[Verse]\\nLa\\n[Chorus]\\nLa la"\n')
    (segment,) = song.segments
    assert [part.model for part in segment.models] == ["ace_step", "sketch"]
    assert segment.baseline == song.baseline and segment.baseline.start is None
    assert [job.name for job in plan(song, Request())] == [
        "ace_step_segment9_song", "sketch_segment9_song",
    ]  # fmt: skip
    (segment,) = load(project, head + WHOLE + "start = 3\n").segments
    assert segment.baseline.start == 3.0 and len(segment.models) == 2  # without lyrics too
    with pytest.raises(UserError, match="missing; say where in the song's baseline"):
        load(project, head + WHOLE.replace('"song"', '"intro"'))


def test_a_segment_takes_over_what_the_song_says_and_may_say_otherwise(project):
    head = 'title = "A"\nstyle = "calm"\nbpm = 90\nkey = "C major"\nlanguages = ["fr"]\n'
    own = SUNG + 'style = "wild"\nbpm = 140.5\nkey = "F# minor"\nlanguages = ["es", "es", "en"]\n'
    first, second = load(project, head + SEGMENT + own).segments
    assert (first.style, first.bpm, first.key, first.languages) == ("calm", 90, "C major", ("fr",))
    assert (second.style, second.bpm, second.key) == ("wild", 140.5, "F# minor")
    assert second.languages == ("es", "en")


@pytest.mark.parametrize(
    ("of_song", "of_segment", "meter"),
    [
        ("", "", ""), ("3/4", None, "3/4"), ("3/4", "6/8", "6/8"), (None, " 2/4 ", "2/4"),
        ("3/4", "", ""), (None, None, ""), ("4/4", "4/4", "4/4"),
    ],
)  # fmt: skip
def test_a_meter_is_the_songs_or_the_segments_and_an_empty_one_is_none(
    project, of_song, of_segment, meter
):
    head, own = ("" if said is None else f'meter = "{said}"\n' for said in (of_song, of_segment))
    song = load(project, SONG + head + SEGMENT + own)
    assert [segment.meter for segment in song.segments] == [meter]
    assert {job.meter for job in plan(song, Request())} == {meter}


@pytest.mark.parametrize(
    ("style", "prompts"),
    [
        ("waltz", {"waltz, 90 BPM, 3/4", "waltz, 90 BPM, 3/4, A minor"}),
        ("waltz in 3/4", {"waltz in 3/4, 90 BPM", "waltz in 3/4, 90 BPM, A minor"}),
    ],
)
def test_default_prompts_name_the_meter_that_their_style_does_not(project, style, prompts):
    head = f'style = "{style}"\nbpm = 90\n'
    song = load(project, f'{SONG}{head}meter = "3/4"\n{SEGMENT}')
    built = {part.model: part.prompt for part in song.segments[0].models}
    assert built.pop("ace_step") == style  # tempo, meter and key have fields of their own
    assert set(built.values()) == prompts
    sung = SUNG + 'models = ["bark"]\n'
    with_meter, without = (
        load(project, SONG + head + text + sung) for text in ('meter = "3/4"\n', "")
    )
    assert [s.segments[0].models for s in (with_meter,)] == [without.segments[0].models]


def test_prompts_are_for_each_model_what_it_needs(project):
    both = 'models = ["bark", "sketch"]\nstyle = "calm"\n'
    bark, sketch = load(project, SONG + SUNG + both).segments[0].models
    assert (bark.model, bark.prompt) == ("bark", "♪ La ♪")
    assert (sketch.model, sketch.prompt) == ("sketch", "calm, 120 BPM")
    own = (
        SONG
        + SUNG
        + '[segment.bark]\nprompt = "♪ La ♪"\nseconds = 5\nseed = 7\nvoice = "announcer"\n'
    )
    bark = load(project, own).segments[0].models[0]
    assert (bark.prompt, bark.seconds, bark.seed) == ("♪ La ♪", 5.0, 7)
    assert bark.settings == {"voice": "announcer"}


def test_a_model_that_sings_reads_who_sings_what_and_nothing_else(project):
    text = SONG + SUNG.replace('"La"', '"""\n[Chorus]\nLa la\n¿La? (x2)"""')
    both = 'models = ["bark", "sketch"]\nstyle = "voz femenina"\n'
    bark, sketch = load(project, text + both).segments[0].models
    assert bark.prompt == "[WOMAN] ♪ La la,\n¿La? ♪"
    assert sketch.prompt == "voz femenina, 120 BPM"


def test_lyrics_without_a_word_to_sing_are_refused_unless_there_is_a_prompt(project):
    text = SONG + SUNG.replace('"La"', '"[Chorus]"')
    error = refusal(project, text)
    assert error == "segment 2: lyrics: nothing in them is sung, '[Chorus]'; add the words"
    own = load(project, text + '[segment.bark]\nprompt = "♪ La ♪"\n')
    assert own.segments[0].models[0].prompt == "♪ La ♪"
    assert load(project, text + 'models = ["sketch"]\n').segments[0].lyrics == "[Chorus]"


def test_lyrics_may_have_lines_and_every_language_may_be_spelled(project):
    lyrics = 'lyrics = """\nمی\u200cخواهم\nl\u00a0amour\u202f!\n\t歌\u3000👩\u200d🎤"""\n'
    song = load(project, SONG + SUNG.replace('lyrics = "La"\n', lyrics))
    assert song.segments[0].lyrics.startswith("می\u200cخواهم\n")


@pytest.mark.parametrize("kind", sorted(KINDS - VOCAL_KINDS - {"instrumental"}))
def test_kinds_that_may_be_sung_or_not(project, kind):
    text = SEGMENT.replace("instrumental", kind)
    assert load(project, SONG + text).segments[0].lyrics == ""
    sung = load(project, SONG + text + 'lyrics = "Oh"\n').segments[0]
    assert "ace_step" in [part.model for part in sung.models]


def test_byte_order_mark_and_windows_lines_are_fine(project):
    plain = load(project, SONG + SUNG)
    windows = load(project, b"\xef\xbb\xbf" + (SONG + SUNG).replace("\n", "\r\n").encode())
    assert windows == plain


def test_a_baseline_is_a_file_or_a_stretch_of_the_songs(project):
    head = SONG + 'baseline = "data/full.wav"\n'
    own = SUNG + 'baseline = "data/two.wav"\n'
    first, second = load(project, head + SEGMENT + "start = 61.5\nend = 75\n" + own).segments
    assert first.baseline == Baseline("data/full.wav", project.root / "data/full.wav", 61.5, 75.0)
    assert second.baseline == Baseline("data/two.wav", project.root / "data/two.wav")
    assert load(project, head + SEGMENT + 'baseline = ""\n').segments[0].baseline is None


@pytest.mark.parametrize("path", sorted(SONGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_song_that_we_bring_loads_and_makes_jobs(path):
    project = Project(SONGS.parent)
    song = load_song(path, project)
    assert len(song.segments) >= 2 and plan(song, Request())


def test_the_songs_that_we_bring_do_not_share_a_folder():
    project = Project(SONGS.parent)
    folders = [load_song(path, project).results for path in SONGS.glob("*.toml")]
    assert len(folders) >= 2 and len(set(folders)) == len(folders)


# Settings of a model for the whole song


TWO = SUNG + SUNG.replace("number = 2", "number = 3").replace("Two", "Three")


def test_settings_for_the_whole_song_hold_where_a_segment_has_none_of_its_own(project):
    whole = (
        '[models.bark]\nvoice = "v2/es_speaker_3"\nretakes = 1\ncheckpoint = "small"\nseed = 5\n'
        "seconds = 6\n[models.sketch]\nseed = 7\n"
    )
    own = '[segment.bark]\nvoice = ""\nseed = 1\n'
    first, second = load(project, SONG + whole + TWO + own).segments
    bark, *_ = first.models
    assert (bark.checkpoint, bark.seed, bark.seconds) == ("small", 5, 6.0)
    assert bark.settings == {"voice": "v2/es_speaker_3", "retakes": 1}
    bark = second.models[0]
    assert (bark.checkpoint, bark.seed, bark.seconds) == ("small", 1, 6.0)
    assert bark.settings == {"voice": "", "retakes": 1}
    assert [model.seed for model in second.models if model.model == "sketch"] == [7]


def test_settings_for_the_whole_song_are_those_of_every_segment_written_out(project):
    whole = load(project, SONG + '[models.bark]\nvoice = "v2/es_speaker_3"\n' + TWO)
    each = '[segment.bark]\nvoice = "v2/es_speaker_3"\n'
    written = load(project, SONG + SUNG + each + TWO.removeprefix(SUNG) + each)
    assert plan(whole, Request()) == plan(written, Request())


IN_MODELS = [
    ("[models.barc]", "models: no model 'barc'; did you mean 'bark'?"),
    ("[models.bark]\nvoise = 'x'", "models.bark: unknown key 'voise'; did you mean 'voice'?"),
    ("[models.bark]\nvoice = 'v2/x'", "models.bark: voice: Bark has no voice 'v2/x'"),
    ("[models.bark]\nretakes = 9", "models.bark: retakes: 9 is outside 0 to 5"),
    ("[models.bark]\ncheckpoint = 'smal'", "models.bark: checkpoint: no checkpoint 'smal'"),
    ("[models.bark]\nseed = -1", "models.bark: seed: -1 is outside"),
    ("[models.bark]\nseconds = 0", "models.bark: seconds: 0 is outside"),
    ("[models.bark]\nprompt = 'x'", "models.bark: prompt: belongs to a segment"),
    ("[models.musicgen]\nseed = 1", "models.musicgen: settings of a model that plays nowhere"),
    ("[models]\nbark = 1", "models.bark: expected a table, got 1"),
    ("models = 1", "models: expected a table, got 1"),
    ('models = ["bark"]', "models: which models play is said in a segment"),
]


@pytest.mark.parametrize(("text", "message"), IN_MODELS, ids=[text for text, _ in IN_MODELS])
def test_what_is_wrong_in_settings_for_the_whole_song_is_named_with_its_place(
    project, text, message
):
    assert message in refusal(project, f"{SONG}{text}\n{SUNG}")


# Texts as they are pasted, stretches as they are cut


def test_text_is_composed_once_and_invisible_characters_of_lyrics_are_gone(project):
    text = (
        SUNG.replace('"La"', '"De\u0301jame\u200b so\ufeffn\u0303ar"') + 'style = "cano\u0301n"\n'
    )
    own = '[segment.bark]\nprompt = "♪ corazo\u0301n ♪"\n'
    segment = load(project, SONG + text + own).segments[0]
    assert (segment.lyrics, segment.style) == ("Déjame soñar", "canón")
    assert segment.models[0].prompt == "♪ corazón ♪"
    composed = text.replace("e\u0301", "é").replace("n\u0303", "ñ").replace("o\u0301", "ó")
    again = load(project, SONG + composed.replace("\u200b", "").replace("\ufeff", "") + own)
    assert again.segments == (segment,)


def test_sections_may_overlap_and_be_in_any_order(project):
    head = SONG + 'baseline = "data/full.wav"\n'
    second = TWO.replace("number = 3", "start = 4\nend = 20\nnumber = 3")
    song = load(project, head + second.replace("number = 2", "start = 10\nend = 18\nnumber = 2"))
    assert [(s.baseline.start, s.baseline.end) for s in song.segments] == [(10, 18), (4, 20)]
    assert song.baseline == Baseline("data/full.wav", project.root / "data/full.wav")
    assert whole_baseline(song, project) == song.baseline


def test_a_song_without_a_baseline_knows_where_one_belongs(project):
    song = load(project, SONG + SUNG)
    assert song.baseline is None
    assert whole_baseline(song, project).name == "data/baseline/mine.wav"


# What is rejected: key = value -> what the message must say, and where

TOP = [
    ('tilte = "x"', "unknown key 'tilte'; did you mean 'title'?"),
    ('"\\u0000" = 1', r"unknown key '\x00'"),
    ("bpm = 19.9", "bpm: 19.9 is outside 20 to 400"),
    ("bpm = nan", "bpm: nan is outside"),
    ('bpm = "120"', "bpm: expected a number, got '120'"),
    ('meter = "5/4"', "meter: '5/4' is no meter; "),
    ("meter = 0.75", 'meter: expected text in quotes, one of "2/4", "3/4", "4/4", "6/8", got 0.75'),
    ('key = "H minor"', "key: 'H minor' is no key; write it like \"A minor\""),
    ('key = "A"', "key: 'A' is no key"),
    ('style = ["a"]', "style: expected text in quotes"),
    ('style = "a\\nb"', "style: character 2, U+000A, is a control or invisible"),
    ('style = "a\\u202Eb"', "U+202E"),
    (f'style = "{"x" * 5001}"', "style: 5001 characters; at most 5000"),
    ('languages = "en"', "languages: expected a list such as [\"en\"], got 'en'"),
    ("languages = []", "languages: expected a list"),
    ('languages = ["../en"]', "languages: '../en' is no name; write it like 'en'"),
    ('results = "elsewhere"', "results: 'elsewhere' is not below results/; write \"results/mine\""),
    ('results = "/tmp"', "results: '/tmp' is not below results/"),
    ('results = "results/../.."', "results: '..' cannot be a file name"),
    ('results = "results//x"', "results: '' cannot be a file name"),
    ('results = "results/a\\u0000b"', "results: character 10, U+0000"),
    ('results = "results/a\\nb"', "results: character 10, U+000A"),
    (f'results = "results/{"x" * 65}"', "results: 'xxx"),
    ('results = "results/\\uFF0E\\uFF0E"', "cannot be a file name"),
    ("segment = 5", "segment: the song has no segments; add at least one [[segment]]"),
]


@pytest.mark.parametrize(("line", "message"), TOP, ids=[line[:24] for line, _ in TOP])
def test_what_is_wrong_in_the_song_is_named(project, line, message):
    rest = "" if line.startswith("segment") else SEGMENT
    assert message in refusal(project, f"{SONG}{line}\n{rest}")


IN_SEGMENT = [
    ("seconds", "0", "seconds: 0 is outside 0.5 to 600"),
    ("seconds", "-1", "seconds: -1 is outside"),
    ("seconds", "inf", "seconds: inf is outside"),
    ("seconds", "nan", "seconds: nan is outside"),
    ("seconds", "1e9", "seconds: 1000000000.0 is outside"),
    ("seconds", "1" + "0" * 400, "is outside"),
    ("seconds", "0x" + "f" * 5000, "a very long int is outside"),
    ("seconds", "true", "seconds: expected a number, got True"),
    ("seconds", '"10"', "seconds: expected a number, got '10'"),
    ("seconds", "10:30:00", "seconds: expected a number, got datetime.time"),
    ("number", "-1", "number: -1 is outside 0 to 9999"),
    ("number", "1.0", "number: expected a whole number from 0 to 9999, got 1.0"),
    ("number", "true", "in place 1: number: expected a whole number"),
    ("number", '"1"', "in place 1: number: expected a whole number from 0 to 9999, got '1'"),
    ("kind", '"chrous"', "kind: no kind 'chrous'; did you mean 'chorus'?"),
    ("kind", '"../../x"', "kind: no kind '../../x'; known: break"),
    ("kind", '"verse"', 'lyrics: a verse is sung; add lyrics = "…" or kind = "instrumental"'),
    ("title", '"  "', 'title: missing; add title = "…"'),
    ("title", '"a\\nb"', "title: character 2, U+000A"),
    ("title", "{}", "title: expected text in quotes, got {}"),
    ("lyrics", '"La"', 'lyrics: an instrumental has none; remove them or use kind = "verse"'),
    ("lyrics", '"a\\u0007b"', "lyrics: character 2, U+0007"),
    ("models", '"bark"', "models: expected a list such as [\"stable_audio\"], got 'bark'"),
    ("models", '["sketc"]', "models: no model 'sketc'; did you mean 'sketch'?"),
    ("models", '["bark"]', "models: bark only sings and there are no lyrics; remove it"),
    ("models", '["../x"]', "models: '../x' is no name"),
    ("models", "[1]", "models: expected a list"),
    ("meter", '"34"', "segment 1: meter: '34' is no meter; did you mean '3/4'? known: 2/4, 3/4"),
    ("meter", '"3 / 4"', "segment 1: meter: '3 / 4' is no meter; did you mean '3/4'?"),
    ("meter", '"waltz"', "segment 1: meter: 'waltz' is no meter; known: 2/4, 3/4, 4/4, 6/8"),
    ("meter", "3", "segment 1: meter: expected text in quotes, one of"),
    ("meter", "true", "segment 1: meter: expected text in quotes, one of"),
    ("meter", '["3/4"]', "segment 1: meter: expected text in quotes, one of"),
    ("meter", "3/4", 'segment 1: meter: a text stands in quotes: meter = "3/4"; not valid TOML'),
    ("meter", "6/8 # jig", 'segment 1: meter: a text stands in quotes: meter = "6/8"; not valid'),
    ("title", "One two", 'segment 1: title: a text stands in quotes: title = "One two"; not val'),
    ("sketch", "1", "sketch: expected a table, got 1"),
    ("sketch", "{ promt = 'x' }", "sketch: unknown key 'promt'; did you mean 'prompt'?"),
    ("sketch", "{ seed = -1 }", "sketch: seed: -1 is outside 0 to 2147483647"),
    ("sketch", "{ checkpoint = 'x' }", "sketch: checkpoint: no checkpoint 'x'; known: built-in"),
    ("stable_audio", "{ steps = 0 }", "stable_audio: steps: 0 is outside 1 to 1000"),
    ("stable_audio", "{ steps = 1.5 }", "stable_audio: steps: expected a whole number, got 1.5"),
    ("stable_audio", "{ cfg_scale = nan }", "stable_audio: cfg_scale: nan is outside 0 to 30"),
    ("stable_audio", "{ seconds = 601 }", "stable_audio: seconds: 601 is outside 0.5 to 600"),
    ("bark", "{}", 'bark: settings of a model that does not play; add it: models = ["stable_'),
    ("lyric", '"La"', "unknown key 'lyric'; did you mean 'lyrics'?"),
    ("baseline", '"../x.wav"', "baseline: '../x.wav' leads out of the project"),
    ("baseline", '"/etc/passwd"', "baseline: '/etc/passwd' leads out of the project"),
    ("baseline", '"~/x.wav"', "baseline: '~/x.wav' leads out of the project"),
    ("baseline", '"a\\u0000"', "baseline: character 2, U+0000"),
    ("baseline", f'"{"x" * 300}"', "is too long for a file"),
    ("baseline", '"songs"', "baseline: 'songs' is a folder; give the recording in it"),
    ("start", "1", 'start: a stretch of which file? add baseline = "data/…"'),
    ("end", "1", "end: a stretch of which file?"),
    ("end", "0", "end: 0 s is not after the start, 0 s"),
    ("start", "-1", "start: -1 is outside"),
    ("start", '"-1"', "start: '-1' is no time; write seconds (65.5), minutes (1:05.5) or hours"),
    ("start", '"1:75"', "start: '1:75' has 75 seconds; write"),
    ("end", '"99:99:99"', "end: '99:99:99' has 99 seconds; write"),
    ("end", '"99:59:59"', "end: 359999.0 is outside 0 to 100000"),
    ("end", "true", "end: expected a number, got True"),
]


@pytest.mark.parametrize(
    ("key", "value", "message"), IN_SEGMENT, ids=[f"{k}={v[:20]}" for k, v, _ in IN_SEGMENT]
)
def test_what_is_wrong_in_a_segment_is_named_with_segment_and_key(project, key, value, message):
    lines = [line for line in SEGMENT.splitlines() if not line.startswith(f"{key} ")]
    error = refusal(project, SONG + "\n".join([*lines, f"{key} = {value}"]))
    assert error.startswith("segment ") and message in error
    if key != "number":
        assert error.startswith("segment 1: ")


@pytest.mark.parametrize("key", ["number", "kind", "title", "seconds"])
def test_what_a_segment_must_have_is_asked_for(project, key):
    text = "\n".join(line for line in SEGMENT.splitlines() if not line.startswith(f"{key} "))
    assert f"{key}: missing; add {key} = " in refusal(project, SONG + text)


def test_a_song_needs_a_title_and_segments(project):
    assert refusal(project, SEGMENT) == 'title: missing; add title = "…"'
    assert "add at least one [[segment]]" in refusal(project, SONG)
    assert "add at least one [[segment]]" in refusal(project, "")
    assert "more than 1000 segments" in refusal(project, SONG + "[[segment]]\n" * 1001)


def test_two_segments_with_one_number_are_both_named(project):
    error = refusal(project, SONG + SEGMENT + SEGMENT.replace("One", "Uno"))
    assert error == "two segments have number 1 ('One' and 'Uno'); give each its own"


@pytest.mark.parametrize("typed", ["65.5", '"65.5"', '"1:05.5"', '"0:01:05.5"'])
def test_a_time_is_seconds_or_minutes_and_seconds(project, typed):
    text = SONG + SEGMENT + f'baseline = "a.wav"\nstart = {typed}\nend = "2:00"\n'
    (segment,) = load(project, text).segments
    assert (segment.baseline.start, segment.baseline.end) == (65.5, 120.0)


def test_models_are_known_in_any_spelling(project):
    models = 'models = ["Stable-Audio", "SKETCH", "stable_audio"]\n'
    (segment,) = load(project, SONG + SEGMENT + models).segments
    assert [model.model for model in segment.models] == ["stable_audio", "sketch"]


def test_a_stretch_ends_after_it_starts(project):
    error = refusal(project, SONG + SEGMENT + 'baseline = "a.wav"\nstart = 5\nend = 5\n')
    assert error == "segment 1: end: 5 s is not after the start, 5 s"


def test_a_segment_of_a_whole_songs_baseline_says_where_it_is(project):
    error = refusal(project, SONG + 'baseline = "data/full.wav"\n' + SEGMENT)
    assert "start: missing" in error and 'baseline = ""' in error


def test_a_baseline_behind_a_link_that_leads_out_is_refused(project, tmp_path):
    (tmp_path / "secret.wav").touch()
    (project.root / "data").symlink_to(tmp_path)
    error = refusal(project, SONG + SEGMENT + 'baseline = "data/secret.wav"\n')
    assert "segment 1: baseline: 'data/secret.wav' leads out of the project" in error


# Files that are no songs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "meter = 3/4\n" + SEGMENT,
            'meter: a text stands in quotes: meter = "3/4"; not valid TOML',
        ),
        (
            SEGMENT + SUNG + "style = calm",
            'segment 2: style: a text stands in quotes: style = "calm"',
        ),
        ("[[ segment ]]\nkey = A minor\nnumber = 7\n" + SUNG, "segment 7: key: a text stands in"),
        ("[[segment]]\nkind = verse\n" + SEGMENT, "segment in place 1: kind: a text stands in quo"),
        ("bpm = 12O\n" + SEGMENT, "not valid TOML: "),
        (SEGMENT + "title = a\x07b", "not valid TOML: "),
        (SEGMENT + "title = a\u202eb", "not valid TOML: "),
        (SEGMENT + "title = " + "long " * 20, "not valid TOML: "),
        (SONG + SEGMENT + SUNG + "meter = 3/4\r\n", "not valid TOML: Cannot overwrite"),
        (
            SEGMENT + "meter = 3/4\r\n" + SUNG,
            'segment 1: meter: a text stands in quotes: meter = "3/4"',
        ),
        (SEGMENT + 'meter = "3/4', "not valid TOML: "),
    ],
)
def test_a_text_without_its_quotes_is_named_with_its_place(project, text, message):
    assert refusal(project, SONG + text).startswith(message)


@pytest.mark.parametrize("name", [".hidden", "-x", "a b", "x" * 65, "a\tb", "ａ", "a\u202eb"])
def test_a_song_files_name_must_do_as_a_folders(project, name):
    with pytest.raises(UserError, match=r"the file's name: .* cannot be a file name"):
        load(project, SONG + SEGMENT, name)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"title = \xff", "not UTF-8 text (byte 8)"),
        ("title = 'é'".encode("utf-16"), "not UTF-8 text (byte 0)"),
        (b"title =", "not valid TOML: Invalid value (at end of document)"),
        (b"title = 'a'\ntitle = 'b'", "not valid TOML: Cannot overwrite a value"),
        (b"bpm = " + b"9" * 5000, "not valid TOML: "),
        (b"a = " + b"[" * 5_000, "nested too deeply"),
        (b"a = " + b"{a=" * 5_000, "nested too deeply"),
        (b"a." * 500 + b"a = 1", "a name of more than 8 parts"),
        (b"a = {b = '''c'''', " + b"a." * 500 + b"a", "a name of more than 8 parts"),
        (b'a = {b = """c""""", ' + b"a." * 500 + b"a", "a name of more than 8 parts"),
        (b"#" * ((1 << 18) + 1), "larger than 262144 bytes; is it a song file?"),
        (b"", "segment: the song has no segments"),
        (random.Random(7).randbytes(4096), "not "),
    ],
    ids=lambda value: repr(value[:16]),
)
def test_a_file_that_is_no_song_is_refused_in_one_line(project, data, message):
    assert message in refusal(project, data)


def test_a_file_that_is_not_there_has_a_neighbour(project):
    load(project, SONG + SEGMENT)
    with pytest.raises(UserError, match=r"no such song file; did you mean 'mine.toml'\?"):
        load_song(Path("songs/mime.toml"), project)
    with pytest.raises(UserError, match=r"nowhere/x.toml: no such song file$"):
        load_song(Path("nowhere/x.toml"), project)


def test_folders_pipes_and_devices_are_not_read(project):
    os.mkfifo(project.root / "songs" / "pipe.toml")
    for path in (Path("songs"), Path("songs/pipe.toml"), Path("/dev/zero")):
        with pytest.raises(UserError, match="not a file"):
            load_song(path, project)


def test_a_file_that_may_not_be_read_says_so(project):
    load(project, SONG + SEGMENT)
    path = project.root / "songs" / "mine.toml"
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(UserError, match="cannot be read: Permission denied"):
        load_song(path, project)
    assert stat.S_IMODE(path.stat().st_mode) == 0


# Whatever TOML can hold either loads or is refused with a sentence

KEYS = some.sampled_from(sorted(SONG_KEYS | SEGMENT_KEYS | MODEL_KEYS | set(MODELS)))
SCALARS = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text(max_size=20)
    | some.sampled_from(["verse", "instrumental", "bark", "A minor", "results/x", "data/x.wav"])
    | some.dates()
    | some.times()
    | some.datetimes()
)
VALUES = some.recursive(
    SCALARS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
GOOD = tomllib.loads(SONG + SEGMENT + SUNG)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    some.dictionaries(KEYS, VALUES, max_size=4),
    some.dictionaries(KEYS, VALUES, max_size=4),
    some.sampled_from(["bark", "sketch", "stable_audio"]),
    some.dictionaries(KEYS | some.sampled_from(["voice", "steps"]), SCALARS, max_size=3),
)
@example({"segment": [GOOD["segment"][0]]}, {"number": 2**80}, "sketch", {"seed": True})
def test_any_toml_loads_or_is_refused(project, monkeypatch, top, inside, model, part):
    value = {**GOOD, **top}
    if "segment" not in top:
        value["segment"] = [{**GOOD["segment"][1], **inside, model: part}, GOOD["segment"][0]]
    monkeypatch.setattr("secondtake.core.song.read_song_file", lambda path: _without_none(value))
    try:
        song = load_song(Path("songs/mine.toml"), project)
    except UserError as error:
        assert str(error).startswith("songs/mine.toml: ") and str(error).isprintable()
        assert len(str(error)) < 700
    else:
        assert all(0.5 <= segment.seconds <= 600 for segment in song.segments)
        assert song.results.is_relative_to(project.root / "results")
        assert plan(song, Request())


def _without_none(value):
    """The value as TOML can say it, which knows no null."""
    if isinstance(value, dict):
        return {key: _without_none(first) for key, first in value.items() if first is not None}
    if isinstance(value, list):
        return [_without_none(first) for first in value if first is not None]
    return value


# The document is true

DOCUMENT = (SONGS.parent / "docs" / "song-format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("word", sorted(SONG_KEYS | SEGMENT_KEYS | MODEL_KEYS | KINDS))
def test_the_document_explains_every_key_and_kind(word):
    assert f"`{word}`" in DOCUMENT


def rows() -> list[str]:
    """The document's table of parameters, as the registry has it."""
    song = []
    for model in MODELS.values():
        names = ", ".join(f"`{checkpoint.name}`" for checkpoint in model.checkpoints)
        first = f"| `{model.name}` | {names} |"
        for parameter in model.parameters:
            if parameter.option:  # that no song file may set
                continue
            default = f'`"{parameter.default}"`' if parameter.kind is str else parameter.default
            kind = {str: "line", int: "whole number", float: "number"}[parameter.kind]
            if parameter.low is not None:
                kind += f", {parameter.low:g} to {parameter.high:g}"
            if parameter.choices:
                kind = "one of " + ", ".join(f"`{choice}`" for choice in parameter.choices)
            song.append(f"{first} `{parameter.name}` | {kind} | {default} | {parameter.help} |")
            first = "| | |"
        if not model.parameters:
            song.append(f"{first} | | | |")
    return song


def test_the_document_has_the_registrys_table_of_parameters():
    table = "\n".join(rows())
    assert f"\n{table}\n\n" in DOCUMENT, f"docs/song-format.md: the table is now\n{table}"


def test_the_documents_example_is_a_song(project):
    example = DOCUMENT.split("```toml\n")[1].split("```")[0]
    song = load(project, example, "night_bus")
    assert [segment.number for segment in song.segments] == [1, 2]
    assert song.segments[1].models[1].settings == {"negative_prompt": "vocals"}
