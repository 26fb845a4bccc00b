"""The doctor looks and asks, and changes nothing."""

import json
import platform
import signal
from dataclasses import replace

import pytest
from tests.core.takes_of_hum import first_job, make
from tests.runner.conftest import OUTSIDER
from tests.runner.humming import add_purr, closed_port, snapshot

from secondtake.core.files import sha256_of
from secondtake.core.formatting import format_bytes
from secondtake.core.registry.all_judges import JUDGES, chosen_judges
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import write_record
from secondtake.runner import commands, doctor, environments, estimates, machine, maintenance
from secondtake.runner.amounts import Amount
from secondtake.runner.graphics_cards import GraphicsMemory
from secondtake.runner.package_sizes import this_platform


@pytest.fixture(autouse=True)
def ours_alone(monkeypatch):
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def locks(hum):
    """Every model of the registry can be looked at: its environment has a lock."""
    for name in environments.environments():
        hum.lock(name).write_text("")
    return hum


def examine(*models, as_json=False):
    return commands.run(lambda: maintenance.examine(models, as_json=as_json))


def test_every_checkpoint_is_examined_and_no_file_is_touched(locks, monkeypatch, capsys):
    with closed_port() as port:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("SECONDTAKE_DOWNLOADS", f"http://127.0.0.1:{port}")
        before = snapshot(locks.root)
        assert examine(as_json=True) == 3
        assert snapshot(locks.root) == before
    out, errors = capsys.readouterr()
    reports = {(report["model"], report["checkpoint"]): report for report in json.loads(out)}
    assert errors == ""
    every = {(m.name, c.name) for m in MODELS.values() for c in m.checkpoints}
    assert set(reports) == every | set(chosen_judges().items())
    assert {model for (model, _), r in reports.items() if r["kind"] == "judge"} == {*JUDGES}
    assert {report["code"] for (model, _), report in reports.items() if model == "bark"} == {
        "network"
    }
    assert all(report["hint"] for report in reports.values() if report["code"])
    hum = reports["hum", "low"]
    assert (hum["code"], hum["weights"], hum["environment"]) == ("", "none needed", "not built")
    assert (hum["default"], reports["hum", "high"]["default"]) == (True, False)


def test_what_is_well_is_exit_0_and_reads_so(locks, capsys):
    assert examine("hum") == 0
    out = capsys.readouterr().out
    assert "memory available: " in out and "disk free for the project: " in out
    assert "✓ hum (low)\n    environment: not built; weights: none needed\n" in out
    assert "blocked" not in out
    environments.ensure(locks, "hum", locks.root / "build.log")
    examine("hum")
    assert "environment: built" in capsys.readouterr().out


def test_memory_is_told_for_every_checkpoint_before_anything_is_loaded(locks, monkeypatch, capsys):
    examine("bark")
    out = capsys.readouterr().out
    large, small = (MODELS["bark"].checkpoint(name).memory_bytes for name in ("large", "small"))
    assert large > small
    assert f"memory while it runs: about {format_bytes(large)}\n" in out.split("bark (large)")[1]
    assert f"memory while it runs: about {format_bytes(small)}\n" in out.split("bark (small)")[1]
    examine("bark", as_json=True)
    reports = json.loads(capsys.readouterr().out)
    assert [report["memory_bytes"] for report in reports] == [large, small]


def test_the_default_is_what_a_switch_says(locks, monkeypatch, capsys):
    monkeypatch.setenv("SUNO_USE_SMALL_MODELS", "1")
    examine("bark", as_json=True)
    out, errors = capsys.readouterr()
    assert [(report["checkpoint"], report["default"]) for report in json.loads(out)] == [
        ("large", False), ("small", True),
    ]  # fmt: skip
    assert "warning: SUNO_USE_SMALL_MODELS is set: Bark is small" in errors


def test_a_machine_that_is_too_small_is_told_what_would_fit(locks, monkeypatch, capsys):
    bark = MODELS["bark"]
    large, small = (bark.checkpoint(name).memory_bytes for name in ("large", "small"))
    monkeypatch.setattr(machine, "available_memory_bytes", lambda: (large + small) // 2)
    examine("bark")
    out = capsys.readouterr().out
    there = format_bytes((large + small) // 2)
    assert f"memory available: {there}" in out
    (suggestion,) = [line for line in out.splitlines() if "suggestion: " in line]
    assert suggestion == (
        f"    suggestion: Bark (large) needs {format_bytes(large)} of memory, {there} are "
        "available; Bark (small) would fit: --checkpoint bark=small"
    )
    examine("bark", as_json=True)
    reports = json.loads(capsys.readouterr().out)
    assert [bool(report["suggestion"]) for report in reports] == [
        True,
        False,
    ]  # of the default alone
    monkeypatch.setattr(machine, "available_memory_bytes", lambda: large)
    examine("bark")
    assert "suggestion" not in capsys.readouterr().out


def test_what_a_licence_says_is_said_once_and_with_its_page(locks, capsys):
    examine("bark", "stable_audio")
    out = capsys.readouterr().out
    stability = "Stability AI Community License: free for research"
    assert out.count(stability) == 1 and out.count("\nMIT: any use") == 1
    assert "    licence of the weights: Stability AI Community License\n" in out
    assert "https://stability.ai/community-license-agreement" in out
    examine("stable_audio", as_json=True)
    reports = json.loads(capsys.readouterr().out)
    assert all(report["terms"].startswith(stability) for report in reports)


def test_the_time_that_takes_took_here_is_told(locks, capsys):
    take = make(locks, first_job(locks))
    this_platform = f"{platform.system()} {platform.machine()}"
    write_record(
        locks.results / "hum", replace(take, made=replace(take.made, platform=this_platform))
    )
    examine("hum")
    low, high = capsys.readouterr().out.split("✓ hum (high)")
    assert "    time: 0:15 for a take of 10 s (going by 1 take made here on cpu)\n" in low
    assert "    time: unknown, no take was made here yet\n" in high
    examine("hum", as_json=True)
    reports = {report["checkpoint"]: report for report in json.loads(capsys.readouterr().out)}
    assert reports["low"]["cost"]["work_seconds"] == 15.0
    assert reports["high"]["cost"]["work_seconds"] is None


def test_the_cost_of_each_checkpoint_and_of_the_defaults_together_is_told(locks, capsys):
    sizes = {"torch==1": [2_000_000_000, 4_000_000_000]}
    names = ("bark", "hum")
    value = {
        "locks": {name: sha256_of(locks.lock(name)) for name in names},
        "platforms": {this_platform(): dict.fromkeys(names, sizes)},
    }
    (locks.root / "requirements" / "sizes.json").write_text(json.dumps(value))
    examine("bark", "hum")
    out = capsys.readouterr().out
    large, rest = out.split("bark (large)")[1].split("bark (small)")
    assert "to download: 15.1 GB (packages 2.0 GB, weights 13.1 GB); disk then: 24.6 GB" in large
    assert "time: 0:53 for a take of 10 s (measured on an EPYC" in large
    assert "to download: 2.0 GB; disk then: 4.0 GB" in rest.split("hum (low)")[1]
    together = out.split("the default checkpoints together:")[1]
    assert "to download: 15.1 GB\n" in together  # the packages of both once
    assert " to fill, " in together and " free" in together
    examine("bark", as_json=True)
    cost = json.loads(capsys.readouterr().out)[0]["cost"]
    assert cost["packages_bytes"] == 2_000_000_000 and cost["weights_bytes"] == 13_123_035_151


def test_processors_and_other_devices_are_told(locks, monkeypatch, capsys):
    monkeypatch.setattr(machine, "cores", lambda: 2)
    cards = (GraphicsMemory("cuda", "NVIDIA H200", 2 * 10**9, 150 * 10**9, "570.1"),)
    monkeypatch.setattr(doctor, "graphics_memories", lambda: cards)
    examine("hum")
    assert capsys.readouterr().out.startswith(
        "processor: 2 cores; other devices: cuda (NVIDIA H200, 2.0 GB of 150.0 GB graphics memory "
        "free, driver 570.1)\nmemory available: "
    )


def test_a_checkpoint_that_does_not_fit_on_the_card_says_so(locks, monkeypatch, capsys):
    large, small = MODELS["bark"].checkpoints
    free = (large.graphics_bytes + small.graphics_bytes) // 2
    cards = (GraphicsMemory("cuda", "NVIDIA", free, 8 * 10**9),)
    monkeypatch.setattr(estimates, "graphics_memories", lambda: cards)
    examine("bark")
    out_of_large, out_of_small = capsys.readouterr().out.split("■ bark (small)")
    need = format_bytes(large.graphics_bytes)
    assert f"; for graphics: {need} for a take, reckoned\n" in out_of_large
    assert (
        f"    a take needs about {need} of graphics memory, {format_bytes(free)} are free: it will "
        "run on the processor, slower; to avoid that, close what else uses it or take --checkpoint "
        f"bark=small (about {format_bytes(small.graphics_bytes)})\n"
    ) in out_of_large
    assert "are free: it will run" not in out_of_small
    examine("bark", as_json=True)
    of_large, of_small = (report["cost"] for report in json.loads(capsys.readouterr().out))
    assert of_large["graphics_bytes"] > of_large["graphics_free_bytes"] == free
    assert of_large["graphics_hint"] and not of_small["graphics_hint"]


def test_a_block_says_what_helps(locks, monkeypatch, capsys):
    with closed_port() as port:
        add_purr(locks, monkeypatch, port)
        assert examine("hum", "purr") == 3
    out = capsys.readouterr().out
    assert "✓ hum (low)" in out and "■ purr (soft)" in out
    blocked = out.split("■ purr (soft)")[1]
    assert f"127.0.0.1:{port}" in blocked and "    → " in blocked


def test_bytes_to_fetch_are_told_and_only_asked_for(locks, hub, settings_for):
    reports = {f.checkpoint: f for f in doctor.diagnose(locks, settings_for(hub), ("bark",))}
    assert reports["large"].code == "" and reports["large"].weights.endswith(" kB to fetch")
    assert not hub.asked("GET")


def test_what_has_no_room_together_is_named(locks, hub, settings_for, monkeypatch, capsys):
    monkeypatch.setattr(machine, "free_disk_bytes", lambda path: 3 * 10**9)
    reports = doctor.diagnose(locks, settings_for(hub), ("sketch", "bark"))
    reports = [replace(report, code="network", message="", hint="") for report in reports]
    large = replace(reports[1].cost, weights_disk=Amount({"model": 5 * 10**9}))
    maintenance._print_reports(locks, [reports[0], replace(reports[1], cost=large)])
    _, together = capsys.readouterr().out.split("the default checkpoints together:")
    assert "    ■ no room for Bark: with Bark (large), " in together
    assert "3.0 GB are free (disk)\n    → make room" in together and "Sketch:" not in together


def test_a_missing_revision_ends_the_doctor_as_it_ends_a_fetch(locks, hub, monkeypatch, capsys):
    hub.commits.clear()  # a mirror of files, not of commits
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("SECONDTAKE_DOWNLOADS", hub.url)
    assert examine("musicgen") == 1
    assert commands.run(lambda: maintenance.fetch(("musicgen",), {})) == 1
    assert capsys.readouterr().out.count("does not have revision ") > 1


def test_each_gate_is_told_apart(locks, hub, settings_for):
    def code(token=""):
        (open_one, *_) = doctor.diagnose(locks, settings_for(hub, token), ("stable_audio",))
        assert open_one.licence == "Stability AI Community License"
        return open_one.code

    assert (code(), code("hf_revoked"), code(OUTSIDER)) == ("no_token", "bad_token", "terms")
    assert not hub.asked("GET", "model")


def test_a_token_never_shows(locks, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", "hf_secretXsecret")
    with closed_port() as port:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("SECONDTAKE_DOWNLOADS", f"http://127.0.0.1:{port}")
        examine(as_json=True)
        examine()
    assert "hf_secretXsecret" not in "".join(capsys.readouterr())


def test_a_damaged_manifest_reads_as_not_fetched(locks, monkeypatch, capsys):
    with closed_port() as port:
        add_purr(locks, monkeypatch, port)
        manifest = locks.weights_manifest("purr", "soft")
        manifest.parent.mkdir(parents=True)
        manifest.write_bytes(b"\xff{")
        assert examine("purr", as_json=True) == 3
    assert json.loads(capsys.readouterr().out)[0]["weights"] == "not fetched"
