"""What a worker would refuse is refused by every verb, before a folder or an environment is made.

tests/core/test_constraints.py has the refusals one by one.
"""

import json
import signal

import pytest
from tests.runner.humming import snapshot

from secondtake.core.plan import Request
from secondtake.runner import commands, maintenance

HEAD = 'title = "T"\nstyle = "lofi, soft female vocals"\n[[segment]]\nnumber = 1\ntitle = "a"\n'
SEGMENTS = {
    "seconds": 'kind = "instrumental"\nseconds = 48\nmodels = ["stable_audio"]',
    "sampler": 'kind = "instrumental"\nseconds = 10\nmodels = ["stable_audio"]\n'
    '[segment.stable_audio]\ncheckpoint = "open-small"\nsampler = "dpmpp-3m-sde"',
    "voice": 'kind = "verse"\nseconds = 10\nmodels = ["bark"]\nlyrics = "la la la"\n'
    '[segment.bark]\nvoice = "voices/empty.npz"',
    "steps": 'kind = "instrumental"\nseconds = 10\nmodels = ["stable_audio"]\n'
    "[segment.stable_audio]\nsteps = 1",
    "sigma_min": 'kind = "solo"\nseconds = 10\nmodels = ["stable_audio"]\n'
    "[segment.stable_audio]\nsigma_min = 9\nsigma_max = 2",
    "dtype": 'kind = "solo"\nseconds = 10\nmodels = ["stable_audio"]\n'
    '[segment.stable_audio]\nmode = "exact"\ndtype = "bfloat16"',
    "melody": 'kind = "solo"\nseconds = 10\nmodels = ["musicgen"]\nbaseline = "data/none.wav"\n'
    '[segment.musicgen]\ncheckpoint = "melody"\nmelody = "baseline"',
    "bpm": 'kind = "solo"\nseconds = 10\nmodels = ["sketch"]\nbpm = 30',
    "languages": 'kind = "rap"\nseconds = 10\nmodels = ["sketch"]\nlyrics = "la"\n'
    'languages = ["tlh"]',
    "prompt": 'kind = "hook"\nseconds = 10\nmodels = ["bark"]\nlyrics = "la"\n'
    '[segment.bark]\nprompt = "♪ ♪"',
}
VERBS = {
    "generate-all": {"evaluate": True},
    "generate": {"evaluate": False},
    "generate-all --dry-run": {"evaluate": True, "dry_run": True},
    "generate --dry-run --json": {"evaluate": False, "dry_run": True, "as_json": True},
}


@pytest.fixture(autouse=True)
def ours_alone():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(params=SEGMENTS)
def refused(request, project):
    """A project with a song of which one key is refused, and that key."""
    (project.root / "voices").mkdir()
    (project.root / "voices" / "empty.npz").touch()
    song = project.root / "songs" / "mine.toml"
    song.write_text(HEAD + SEGMENTS[request.param], encoding="utf-8")
    return project, request.param


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_refuses_it_and_makes_nothing(refused, capsys, verb):
    project, key = refused
    options = {"force": False, "dry_run": False, "as_json": False, **VERBS[verb]}
    before = snapshot(project.root)
    code = commands.run(
        lambda: commands.study("songs/mine.toml", Request(), **options), as_json=options["as_json"]
    )
    assert code == 2 and snapshot(project.root) == before
    out, errors = capsys.readouterr()
    assert "songs/mine.toml: segment 1: " in errors and f": {key}: " in errors
    if options["as_json"]:
        assert f": {key}: " in json.loads(out)["error"]["message"]


def test_the_doctor_looks_at_a_song_too(refused, capsys):
    project, key = refused
    before = snapshot(project.root)
    assert commands.run(lambda: maintenance.examine((), as_json=False, song="mine")) == 2
    assert snapshot(project.root) == before
    out, errors = capsys.readouterr()
    assert out == "" and "songs/mine.toml: segment 1: " in errors and f": {key}: " in errors
