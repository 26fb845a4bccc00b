"""A model's process gets our caches, no network and no token; variables that are on or off."""

import json
import os
from pathlib import Path

import pytest

from secondtake.core.environ import (
    DEVICE_SETTINGS,
    MARKER,
    child_environ,
    environment_lock_hash,
    low_memory,
    model_variables,
    switched_on,
    without_secrets,
)

TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "HF_TOKEN_PATH")


def test_no_token_and_no_way_to_one_is_handed_on(project):
    inherited = {**dict.fromkeys(TOKENS, "hf_secret"), "PATH": "/bin"}
    environ = child_environ(project, inherited)
    assert "hf_secret" not in environ.values() and environ["PATH"] == "/bin"
    assert inherited["HF_TOKEN"] == "hf_secret"


@pytest.mark.parametrize(
    "name", ["HF_API_TOKEN", "HF_TOKEN_2", "hf_token", "HUGGINGFACEHUB_API_TOKEN"]
)
def test_what_looks_like_a_hub_token_is_kept_from_children_under_any_name(name):
    assert without_secrets({name: "x", "HF_ENDPOINT": "http://h"}) == {"HF_ENDPOINT": "http://h"}
    token = f"hf_{17 * 'Ab'}"
    assert without_secrets({"NOTE": token, "AUTH": f"Bearer {token}", "A": "hf_short"}) == {
        "A": "hf_short"
    }


@pytest.mark.parametrize(
    "name",
    [
        *("PYTHONPATH", "PYTHONHOME", "PYTHONINSPECT", "PYTHONWARNINGS", "VIRTUAL_ENV"),
        *("PIP_TARGET", "UV_PROJECT", "TRANSFORMERS_CACHE", "HUGGINGFACE_HUB_CACHE"),
    ],
)
def test_what_would_lead_out_of_the_environment_is_dropped(project, name):
    assert name not in child_environ(project, {name: "/somewhere"})


def test_every_cache_is_inside_the_projects_and_wins_over_the_users(project):
    names = ["HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "TORCH_HOME", "NUMBA_CACHE_DIR"]
    environ = child_environ(project, dict.fromkeys(names, "/root/.cache"))
    for name in names:
        assert Path(environ[name]).is_relative_to(project.cache)


def test_nothing_falls_back_to_the_processor_or_is_rounded_by_a_users_variable(project):
    inherited = dict.fromkeys(DEVICE_SETTINGS, "1")
    environ = child_environ(project, inherited)
    assert {environ[name] for name in inherited} == {"0"}
    assert "PYTORCH_ENABLE_MPS_FALLBACK" in inherited and "NVIDIA_TF32_OVERRIDE" in inherited


def test_a_model_is_offline(project):
    environ = child_environ(project, {"HF_HUB_OFFLINE": "0"})
    assert environ["HF_HUB_OFFLINE"] == environ["TRANSFORMERS_OFFLINE"] == "1"


def test_the_users_word_on_waiting_threads_counts(project, monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert model_variables(project)["OMP_WAIT_POLICY"] == "active"
    assert "GOMP_SPINCOUNT" not in model_variables(project)  # it would overrule that word


def test_threads_spin_on_an_idle_machine_only(project, monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (1.9, 9.0, 9.0))
    assert model_variables(project)["GOMP_SPINCOUNT"] == "10000"
    monkeypatch.setattr(os, "getloadavg", lambda: (2.1, 0.0, 0.0))
    assert model_variables(project)["OMP_WAIT_POLICY"] == "passive"
    assert "GOMP_SPINCOUNT" not in model_variables(project)


def test_an_environment_knows_its_lock(tmp_path):
    assert environment_lock_hash(str(tmp_path)) == ""
    (tmp_path / MARKER).write_text(json.dumps({"lock_sha256": "abc"}))
    assert environment_lock_hash(str(tmp_path)) == "abc"
    for damaged in ("", "[]", "{}", "\xff"):
        (tmp_path / MARKER).write_text(damaged, encoding="latin-1")
        assert environment_lock_hash(str(tmp_path)) == ""


@pytest.mark.parametrize("value", ["1", "on", "YES", "True", " t "])
def test_on(value):
    assert switched_on("X", {"X": value})


@pytest.mark.parametrize("value", ["", "0", "off", "no", "False", "2"])
def test_off(value):
    assert not switched_on("X", {"X": value})
    assert not switched_on("X", {})


@pytest.mark.parametrize("name", ["SECONDTAKE_LOW_MEMORY", "SUNO_OFFLOAD_CPU"])
def test_low_memory_has_an_old_name_too(name):
    assert low_memory({name: "1"})
    assert not low_memory({name: "0"}) and not low_memory({})
