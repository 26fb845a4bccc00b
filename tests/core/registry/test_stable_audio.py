"""The prompts of Stable Audio's checkpoints, as a song file and a command line lead to them."""

from dataclasses import replace

import pytest

from secondtake.core.jobs import inputs_hash
from secondtake.core.plan import Request, changed_fields, plan
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.song import load_song

STYLE = "tango with soulful female vocals, 808 drops"
PLAIN = "tango, 808 drops, 122 BPM, D minor"
TAGGED = f"TrackType: Music, VocalType: Instrumental, {PLAIN}"
LEFT_OUT = "left out, because it plays and does not sing: soulful female vocals"
# Of a job with a prompt of the song's own, by the code before prompts depended on checkpoints.
HASH_BEFORE = "89dad7f0d568379dfc03c6bb79e7bc876793d2e30358717c91d1ddb050d09753"
NEGATIVE_IGNORED = "the negative prompt does nothing at cfg_scale 1"


def job(project, share="", **request):
    """The job of a segment whose table [segment.stable_audio] is `share`."""
    path = project.root / "songs" / "mine.toml"
    path.write_text(
        f"""title = "T"
[[segment]]
number = 1
kind = "instrumental"
title = "S"
seconds = 10
style = "{STYLE}"
bpm = 122
key = "D minor"
models = ["stable_audio"]
[segment.stable_audio]
{share}
""",
        encoding="utf-8",
    )
    (planned,) = plan(load_song(path, project), Request(**request))
    return planned


@pytest.mark.parametrize(
    ("checkpoint", "prompt"),
    [("open-1.0", PLAIN), ("open-small", PLAIN), ("3-small-music", TAGGED), ("3-medium", TAGGED)],
)
def test_a_checkpoint_reads_the_prompt_that_it_was_trained_on(project, checkpoint, prompt):
    of_the_song = job(project, f'checkpoint = "{checkpoint}"')
    by_hand = job(project, checkpoints={"stable_audio": checkpoint})
    assert of_the_song.prompt == by_hand.prompt == prompt
    assert of_the_song.remarks == by_hand.remarks == (LEFT_OUT,)


def test_a_prompt_of_the_songs_own_wins_and_nothing_is_said_of_it(project):
    for request in ({}, {"checkpoints": {"stable_audio": "3-medium"}}):
        own = job(project, 'prompt = "Choir with female vocals"', **request)
        assert (own.prompt, own.remarks) == ("Choir with female vocals", ())


def test_the_negative_prompt_stays_as_it_is_written(project):
    share = 'negative_prompt = "vocals, female voice"'
    plain = job(project, share)
    assert plain.settings["negative_prompt"] == "vocals, female voice"
    assert (plain.prompt, plain.remarks) == (PLAIN, (LEFT_OUT,))
    quick = job(project, share, checkpoints={"stable_audio": "3-medium"})
    assert quick.settings["negative_prompt"] == "vocals, female voice"
    assert quick.remarks == (LEFT_OUT, NEGATIVE_IGNORED)


def test_a_take_made_before_differs_in_its_prompt_alone(project, monkeypatch):
    now = job(project)
    before = replace(now, prompt=f"{STYLE}, 122 BPM")
    assert changed_fields(now, before) == ["prompt"]
    own = job(project, 'prompt = "Tango, 122 BPM"')
    monkeypatch.setitem(MODELS, "stable_audio", replace(STABLE_AUDIO, generation_version=2))
    assert inputs_hash(own, "l", {"model": "w"}) == HASH_BEFORE
