"""What the verbs print as JSON, and the files beside the takes, are what docs/schemas says."""

import re
import signal

import pytest
from tests.conftest import ROOT
from tests.runner.humming import add_purr, closed_port, locked_by_another, write_song
from tests.schemas import FOLDER, mistakes, parsed, read_schema

from secondtake.core.errors import CODES, ModelError, UserError
from secondtake.core.jobs import Job
from secondtake.core.outcomes import STATUSES
from secondtake.core.plan import Request
from secondtake.runner import commands, keeping, maintenance
from secondtake.runner.options import parse_models

SONG = "hum"
HUM1 = "hum_segment1_instrumental"


@pytest.fixture(autouse=True)
def ours_alone(monkeypatch):
    """Commands set a signal handler; take it back. And no test depends on free memory."""
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def printed(capfd):
    """The exit code of a command and the JSON that it prints."""

    def run(command):
        capfd.readouterr()
        code = commands.run(command, as_json=True)
        return code, parsed(capfd.readouterr().out)

    return run


def study(segments="", dry_run=False, **wish):
    return lambda: commands.study(
        SONG, Request(**wish), segments, evaluate=False, force=False, dry_run=dry_run, as_json=True
    )


@pytest.mark.parametrize(("mood", "code"), [("calm", 0), ("refuse", 1)])
def test_a_study_its_outcomes_and_its_records(hum, printed, mood, code):
    write_song(hum, mood)
    for _ in range(2):  # the second time, what was made is up to date
        got, value = printed(study())
        assert (got, value["exit_code"], len(value["outcomes"])) == (code, code, 1)
        assert mistakes("study", value) == []
    results = hum.results / "hum"
    for schema, folder in (("outcomes", "outcomes"), ("record", "local_models")):
        for path in (results / folder).glob("*.json"):
            assert mistakes(schema, parsed(path.read_text(encoding="utf-8"))) == []
    assert (results / "local_models" / f"{HUM1}.json").is_file() is (code == 0)


def test_a_blocked_study_a_doctor_and_a_plan(hum, printed, monkeypatch):
    write_song(hum, "calm", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        code, value = printed(study(models=("purr",)))
        assert (code, mistakes("study", value)) == (3, [])
        code, value = printed(lambda: maintenance.examine(("hum", "purr"), as_json=True))
        assert code == 3 and len(value) > 2
        assert mistakes("doctor", value) == []
        code, value = printed(study(dry_run=True, takes=2))
        assert code == 0 and len(value["jobs"]) == 4
        assert mistakes("plan", value) == []


def test_a_plan_of_what_was_made_here(hum, printed):
    write_song(hum, "calm", "calm")
    printed(study("1"))
    for wish in ({}, {"seed": 5}):
        code, value = printed(study(dry_run=True, **wish))
        assert (code, mistakes("plan", value)) == (0, [])


def test_takes_that_are_kept_and_discarded(hum, printed):
    write_song(hum, "calm")
    printed(study())
    code, value = printed(lambda: keeping.keep(SONG, [HUM1], True))
    assert (code, mistakes("keep", value)) == (0, [])
    assert mistakes("kept", parsed((hum.results / "hum" / "kept.json").read_text())) == []
    code, value = printed(lambda: keeping.discard(SONG, [HUM1], True))
    assert (code, mistakes("discard", value)) == (0, [])


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_error_of_a_model_is_an_object(printed, code):
    def fails():
        raise ModelError(code, "it is so", "do this")

    exit_code, value = printed(fails)
    assert mistakes("error", value) == []
    assert value["error"] == {"code": code, "message": "it is so", "hint": "do this"}
    assert value["exit_code"] == exit_code


@pytest.mark.parametrize(
    ("error", "kind", "exit_code"),
    [
        (UserError("song.toml: no"), "bad_input", 2),
        (PermissionError(13, "Permission denied", "a.wav"), "file", 1),
        (OSError(28, "No space left on device"), "disk", 1),
        (KeyboardInterrupt(), "interrupted", 130),
        (ZeroDivisionError("division by zero"), "bug", 70),
    ],
)
def test_every_other_error_is_one_too(printed, error, kind, exit_code):
    def fails():
        raise error

    code, value = printed(fails)
    assert mistakes("error", value) == []
    assert (code, value["exit_code"], value["error"]["code"]) == (exit_code, exit_code, kind)


def test_a_lock_that_another_run_holds_is_one_too(hum, printed):
    with locked_by_another(hum):
        code, value = printed(study())
    assert (code, value["exit_code"], value["error"]["code"]) == (4, 4, "locked")
    assert mistakes("error", value) == []


@pytest.mark.parametrize(
    "command",
    [
        study("9"),
        study("2-1"),
        lambda: maintenance.examine(parse_models("barc"), as_json=True),
        lambda: keeping.keep(SONG, ["nothing"], True),
        lambda: keeping.discard(SONG, [], True),
        lambda: commands.check(["none.wav"], True),
        lambda: commands.compare("none.wav", "none.wav", False, True, ""),
        lambda: commands.run_stage("none", "verify", ["--json"]),
    ],
)
def test_bad_input_is_one_too(hum, printed, command):
    code, value = printed(command)
    assert mistakes("error", value) == []
    assert (code, value["exit_code"], value["error"]["code"]) == (2, 2, "bad_input")


def test_every_schema_is_one_and_is_documented():
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    names = sorted(path.stem for path in FOLDER.glob("*.json"))
    assert names
    for name in names:
        schema = read_schema(name)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert sorted(set(re.findall(r"\(schemas/(\w+)\.json\)", text))) == names


def test_the_schemas_know_every_status_and_every_key_of_a_job():
    outcome = read_schema("outcomes")["properties"]["outcomes"]["additionalProperties"]
    assert set(outcome["properties"]["status"]["enum"]) == STATUSES
    record = read_schema("record")["properties"]["job"]["properties"]
    assert set(record) == set(Job.__dataclass_fields__)
