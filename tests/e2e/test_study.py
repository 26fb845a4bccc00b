"""The study from song file to pages, with the real models on tiny checkpoints.

The tests tell one story in order, as a user lives it: no token, then the wrong one, then the
right one, then nothing left to do. The song is the first study's: three segments, five models.
"""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
from tests.e2e.conftest import FORGED, MEMBER, OPEN_1_0, STRANGER, House, clone_into
from tests.e2e.test_demo import demo
from tests.hub import Account, LoopbackHub

from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS

pytestmark = pytest.mark.e2e
SKETCHES = {"sketch_segment7_instrumental", "sketch_segment10_chorus", "sketch_segment18_verse"}
BARKS = {"bark_segment10_chorus", "bark_segment18_verse"}
STABLE = {"stable_audio_segment7_instrumental", "stable_audio_segment18_verse"}
MUSICGENS = {"musicgen_segment7_instrumental", "musicgen_segment18_verse"}
ACE_STEPS = {
    "ace_step_segment7_instrumental", "ace_step_segment10_chorus", "ace_step_segment18_verse",
}  # fmt: skip
OPEN = SKETCHES | BARKS | MUSICGENS | ACE_STEPS  # what needs no account
ALL = OPEN | STABLE
HALF = "hf_halfToken012"  # of an account that accepted the terms of open-1.0 alone


def generate_all(house: House, *words: str, **variables: str) -> tuple[int, dict[str, dict]]:
    done = house.type("invoke", "generate-all", "--json", *words, **variables)
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode
    return done.returncode, told["outcomes"]


def study_with_its_passes(
    house: House,
) -> tuple[int, dict[str, dict], dict[str, list[str]], list[str]]:
    """A study as `generate_all` has it; the five pages as they are after each model, by what the
    run's line says is still to come; and what is left to measure at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "invoke", "generate-all", "--json"],
        cwd=house.project.root, env=house.environ(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    passes, measured = {}, []
    for line in process.stderr:
        measured += re.findall(r"^    measuring (\w+)$", line)
        if match := re.search(r"^→ listen meanwhile: .* \(still to come: (.*)\)$", line):
            passes[match[1]] = [page(house, phase) for phase in range(1, 6)]
    value = json.loads(process.stdout.read())
    assert process.wait() == value["exit_code"]
    return value["exit_code"], value["outcomes"], passes, measured


def named(outcomes: dict[str, dict], status: str) -> set[str]:
    return {name for name, outcome in outcomes.items() if outcome["status"] == status}


def page(house: House, phase: int) -> str:
    return (house.project.results / f"PHASE{phase}_PROGRESS.md").read_text()


def glance(house: House) -> dict[str, tuple[str, ...]]:
    """The rows of the table of all takes on the page of phase 3, by the name of the take."""
    (table,) = re.findall(r"^## Every take in a line\n(.*?)^## ", page(house, 3), re.M | re.S)
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    cells = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows]
    return {re.findall(r"(\w+)\.wav", row[1])[0]: row for row in cells}


def record(house: House, name: str) -> dict:
    return json.loads((house.project.results / "local_models" / f"{name}.json").read_text())


def wavs(house: House) -> dict[str, tuple[str, int]]:
    folder = house.project.results / "local_models"
    return {p.stem: (sha256_of(p), p.stat().st_mtime_ns) for p in folder.glob("*.wav")}


def test_without_a_token_all_but_stable_audio_is_done_and_it_says_what_it_needs(house):
    code, outcomes, passes, measured = study_with_its_passes(house)
    assert code == 3, outcomes
    assert set(measured) == BARKS  # nothing twice
    assert list(passes) == ["MusicGen, ACE-Step 1.5, Bark", "ACE-Step 1.5, Bark", "Bark"]
    for titles, pages in passes.items():
        setup, generation, analysis, listening = pages[1:]
        for title in titles.split(", "):
            takes = 3 if title.startswith("ACE") else 2
            assert all(f"{title} ({takes} takes)" in text for text in pages)
            assert f"## Pending: {title}" in generation and f"{title} ⚠️ blocked" not in setup
            assert f"{title} is pending: its run has not come to it yet" in listening
        assert "sketch_segment10_chorus.wav" in listening
        assert re.search(r"\*\*Status\*\*: Partial ⚠️ \((\d) takes: \1 verified, ", analysis)
        assert "Stable Audio ⚠️ blocked" in setup  # which no run waits for
    assert named(outcomes, "done") == OPEN
    assert named(outcomes, "blocked") == STABLE
    assert {outcomes[name]["code"] for name in STABLE} == {"no_token"}
    assert "docs/HUGGINGFACE_SETUP.md" in outcomes["stable_audio_segment18_verse"]["hint"]
    assert "HUGGINGFACE" in page(house, 3) and "bark_segment10_chorus.wav" in page(house, 3)
    rows = glance(house)
    assert {name for name, row in rows.items() if row[2] == "✅ done"} == OPEN
    assert {name for name, row in rows.items() if row[2] == "⚠️ blocked"} == STABLE


def test_a_forged_token_is_told_from_terms_not_accepted(house):
    _, outcomes = generate_all(house, "--models", "stable_audio", HF_TOKEN=FORGED)
    assert {outcomes[name]["code"] for name in STABLE} == {"bad_token"}
    _, outcomes = generate_all(house, "--models", "stable_audio", HF_TOKEN=STRANGER)
    assert {outcomes[name]["code"] for name in STABLE} == {"terms"}
    assert "stable-audio-open-1.0" in outcomes["stable_audio_segment18_verse"]["hint"]


def test_each_checkpoint_has_a_gate_of_its_own(house, hub: LoopbackHub):
    hub.accounts[HALF] = Account("half", {OPEN_1_0})
    done = house.type("invoke", "doctor", "--models", "stable_audio", "--json", HF_TOKEN=HALF)
    assert done.returncode == 0, done.stdout + done.stderr  # nothing stands before the default
    found = {finding["checkpoint"]: finding for finding in json.loads(done.stdout)}
    gates = {one.name: one.gate for one in MODELS["stable_audio"].checkpoints}
    assert set(found) == set(gates)
    for name, finding in found.items():
        assert finding["code"] == ("" if gates[name].endswith(OPEN_1_0) else "terms")
        assert not finding["code"] or gates[name] in finding["hint"]


def test_with_the_right_token_everything_is_done(house, hub: LoopbackHub):
    before, asked = wavs(house), len(hub.requests)
    code, outcomes = generate_all(house, HF_TOKEN=MEMBER)
    assert code == 0, outcomes
    assert named(outcomes, "done") == STABLE
    assert named(outcomes, "up_to_date") == OPEN
    after = wavs(house)
    assert set(after) == ALL
    assert {name: after[name] for name in before} == before
    shown = {request.path for request in hub.requests[asked:] if request.token}
    files = {path.partition("/resolve/")[0] for path in shown if "/resolve/" in path}
    assert files == {f"/{OPEN_1_0}"}  # the token goes nowhere else


def test_every_planned_row_of_the_study_is_done(house):
    rows = glance(house)
    assert set(rows) == ALL
    assert {row[2] for row in rows.values()} == {"✅ done"}
    assert all(row[1].startswith("[") for row in rows.values())  # a link to what can be played
    text = page(house, 3)
    assert "- **Status**: Done ✅ (" in text
    for name in sorted({name.partition("_segment")[0] for name in ALL}):
        title = MODELS[name].title
        assert f"## Completed: {title} ✅" in text and f"{title} ✅ done" in text
    assert not re.search(r"^## (Blocked|Failed|Damaged|Pending|Skipped)", text, re.M)
    assert "- **Status**: Done ✅ (" in page(house, 2)


def test_records_and_pages_say_what_may_be_done_with_the_sound(house):
    licences = {name: record(house, name)["licence"]["weights"] for name in ALL}
    assert {licences[name] for name in MUSICGENS} == {"CC-BY-NC 4.0"}
    assert {licences[name] for name in STABLE} == {"Stability AI Community License"}
    assert {licences[name] for name in ACE_STEPS} == {"MIT + Apache-2.0"}
    assert {licences[name] for name in SKETCHES} == {""}
    for text in (page(house, 3), page(house, 5)):
        assert "non-commercial use only" in text and "1,000,000 US dollars" in text


def test_the_doctor_finds_nothing_in_the_way_and_knows_how_long_takes_took(house):
    done = house.type("invoke", "doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    defaults = [finding for finding in json.loads(done.stdout) if finding["default"]]
    assert {finding["model"] for finding in defaults} == set(MODELS)
    for finding in defaults:
        assert (finding["code"], finding["environment"]) == ("", "built"), finding
        assert finding["weights"] in ("fetched", "none needed")
        assert "s of work for a second of sound, going by " in finding["experience"]


@pytest.mark.parametrize(
    "name, rate, channels, seconds",
    [
        ("stable_audio_segment7_instrumental", 44_100, 2, 10.0),
        ("stable_audio_segment18_verse", 44_100, 2, 15.0),
        ("musicgen_segment7_instrumental", 32_000, 1, 10.0),
        ("musicgen_segment18_verse", 32_000, 1, 15.0),
        ("ace_step_segment7_instrumental", 48_000, 2, 10.0),
        ("ace_step_segment10_chorus", 48_000, 2, 14.0),
        ("ace_step_segment18_verse", 48_000, 2, 15.0),
        ("sketch_segment10_chorus", 44_100, 2, 14.0),
        ("bark_segment10_chorus", 24_000, 1, None),
    ],
)
def test_the_takes_are_what_their_models_promise(house, name, rate, channels, seconds):
    path = house.project.results / "local_models" / f"{name}.wav"
    samples, found = soundfile.read(path, always_2d=True)
    assert (found, samples.shape[1]) == (rate, channels)
    assert seconds is None or len(samples) == round(seconds * rate)
    assert len(samples) > rate / 2
    assert abs(samples).max() > 0.01


def test_the_demo_is_played_by_what_is_set_up(house, hub: LoopbackHub):
    asked = len(hub.requests)
    outcomes = demo(house)["outcomes"]
    assert {name.partition("_segment")[0] for name in outcomes} == set(MODELS)
    assert {outcome["status"] for outcome in outcomes.values()} <= {"done", "up_to_date"}
    assert len(hub.requests) == asked


def test_every_stage_left_its_files(house):
    results = house.project.results
    verdicts = json.loads((results / "verification.json").read_text())
    assert verdicts
    assert (results / "analysis" / "comparison_results.json").is_file()
    assert "floor" in (results / "analysis" / "comparison_results.md").read_text()
    assert list((results / "analysis").glob("*.png"))
    for phase in range(1, 6):
        assert page(house, phase).startswith(f"# Phase {phase}")


def test_a_second_run_does_nothing_and_changes_no_byte(house):
    pages = {p: p.read_bytes() for p in house.project.results.glob("PHASE*.md")}
    before = wavs(house)
    code, outcomes = generate_all(house)  # no token: what is there needs none
    assert code == 0
    assert named(outcomes, "up_to_date") == ALL
    assert wavs(house) == before
    assert {p: p.read_bytes() for p in pages} == pages


def test_the_same_seed_makes_the_same_sound(house):
    name = "bark_segment10_chorus"
    before = wavs(house)[name][0]
    generate_all(house, "--models", "bark", "--segments", "10", "--force")
    assert wavs(house)[name][0] == before


def test_no_token_is_written_anywhere(house):
    secrets = [token.encode() for token in (MEMBER, STRANGER, FORGED)]
    places = [house.project.results, house.project.cache]
    for path in (p for place in places for p in place.rglob("*") if p.is_file()):
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path


def test_a_model_runs_alone_by_nox_and_by_hand(house):
    done = house.type("nox", "-s", "bark", "--", "--segment", "10")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bark_segment10_chorus: up to date" in done.stdout
    done = house.type("nox", "-s", "ace_step", "--", "--segment", "18")
    assert "ace_step_segment18_verse: up to date" in done.stdout, done.stdout + done.stderr
    python = house.project.python("bark")
    by_hand = subprocess.run(
        [python, "scripts/generate_bark.py", "--segment", "18", "--dry-run"],
        cwd=house.project.root, env=house.environ(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "♪ We laugh at the chaos" in by_hand.stdout


def test_another_checkpoint_from_a_pickle(house):
    code, outcomes = generate_all(
        house, "--models", "stable_audio", "--segments", "7", "--checkpoint",
        "stable_audio=open-small", HF_TOKEN=MEMBER,
    )  # fmt: skip
    assert code == 0, outcomes
    made = record(house, "stable_audio_segment7_instrumental")
    assert made["job"]["checkpoint"] == "open-small"


@pytest.mark.parametrize("checkpoint", ["xl-turbo", "base"])
def test_another_layout_comes_from_the_hub_too(house, checkpoint):
    code, outcomes = generate_all(
        house, "--models", "ace_step", "--segments", "10", "--checkpoint", f"ace_step={checkpoint}"
    )
    assert code == 0, outcomes
    made = record(house, "ace_step_segment10_chorus")
    assert made["job"]["checkpoint"] == checkpoint and made["wav"]["frames"] == 14 * 48_000
    assert ("transformer/model1" in made["weights"]) == (checkpoint == "xl-turbo")  # in shards


def test_a_kill_in_the_middle_leaves_finished_takes_untouched(house):
    before = wavs(house)
    process = subprocess.Popen(
        [sys.executable, "-m", "invoke", "generate-all", "--takes", "2", "--models", "bark"],
        cwd=house.project.root, env=house.environ(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if re.search(r"bark_segment\d+_\w+_take2: (semantic|coarse|fine|window|loading)", line):
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    records = {p.stem for p in (house.project.results / "local_models").glob("*.json")}
    after = wavs(house)
    assert {name: after[name] for name in before} == before
    assert records >= set(before)
    code, outcomes = generate_all(house, "--takes", "2", "--models", "bark")
    assert code == 0, outcomes
    assert {name: wavs(house)[name] for name in before} == before
    assert {"bark_segment10_chorus_take2", "bark_segment18_verse_take2"} <= set(wavs(house))


def test_with_no_hub_nothing_heavy_is_built_and_the_sketch_sounds(tmp_path: Path):
    house = House(clone_into(tmp_path / "clone"), {"HF_ENDPOINT": "http://127.0.0.1:9"})
    code, outcomes = generate_all(house, SECONDTAKE_DOWNLOADS="http://127.0.0.1:9")
    assert code == 3, outcomes
    assert named(outcomes, "done") == SKETCHES
    waiting = ALL - SKETCHES
    assert {outcomes[name]["code"] for name in waiting} == {"network"}
    assert all("hub unreachable" in outcomes[name]["message"] for name in waiting)
    project: Project = house.project
    for name in ("bark", "stable_audio", "musicgen", "ace_step"):
        assert not project.environment(name).exists()
