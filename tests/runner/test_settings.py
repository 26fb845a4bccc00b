"""`.env` under the environment, and a token that no one gets to see."""

import json
import os
import pickle
import shlex
from pathlib import Path

import pytest

from secondtake.core.environ import switched_on
from secondtake.core.errors import UserError
from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.runner import settings as settings_module
from secondtake.runner.settings import ON_OR_OFF, VARIABLES, Settings, Token, load_settings

ROOT = Path(__file__).parents[2]
CODEC = next(weight for weight in BARK.checkpoints[0].weights if weight.url)


def write_dotenv(project: Project, text: str, mode: int = 0o600) -> None:
    path = project.root / ".env"
    path.write_text(text)
    path.chmod(mode)


def test_nothing_set_means_the_public_hub_and_no_token(project: Project) -> None:
    settings = load_settings(project, {})
    assert settings.endpoint == "https://huggingface.co"
    assert settings.token is None
    assert not settings.offline
    assert settings.warnings == ()


def test_the_environment_wins_over_dotenv(project: Project) -> None:
    write_dotenv(project, "HF_TOKEN=hf_file\nHF_ENDPOINT=https://file.example/\n")
    from_file = load_settings(project, {"HF_TOKEN": ""})
    from_both = load_settings(project, {"HF_TOKEN": "hf_shell"})
    assert from_file.token and from_file.token.reveal() == "hf_file"
    assert from_both.token and from_both.token.reveal() == "hf_shell"
    assert from_both.token.source == "HF_TOKEN in the environment"
    assert from_both.endpoint == "https://file.example"


def test_the_token_shows_itself_to_nobody(project: Project) -> None:
    settings = load_settings(project, {"HF_TOKEN": "hf_secret"})
    assert settings.token is not None
    shown = f"{settings} {settings!r} {settings.token} {settings.token!r} {vars(settings)}"
    assert "hf_secret" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(settings.token)


def test_export_hands_on_what_others_read_and_never_the_token(project: Project) -> None:
    lines = "SECONDTAKE_CACHE=~/big\nOMP_WAIT_POLICY=active\nSECONDTAKE_BARK_LOCK=bark_cu128\n"
    write_dotenv(project, f"HF_TOKEN=hf_x\n{lines}")
    environ = {"OMP_WAIT_POLICY": "passive"}
    load_settings(project, {}).export(environ)
    assert environ == {
        "OMP_WAIT_POLICY": "passive",
        "SECONDTAKE_CACHE": str(Path("~/big").expanduser()),
        "SECONDTAKE_BARK_LOCK": "bark_cu128",
    }


def test_switches_of_models_are_handed_on_and_old_names_are_said(project: Project) -> None:
    write_dotenv(project, "SUNO_USE_SMALL_MODELS=True\nSUNO_OFFLOAD_CPU=0\nSUNO_ENABLE_MPS=1\n")
    settings = load_settings(project, {"SECONDTAKE_LOW_MEMORY": "yes"})
    environ = {"SUNO_ENABLE_MPS": ""}
    settings.export(environ)
    assert {name for name in ON_OR_OFF if switched_on(name, environ)} == {
        "SUNO_USE_SMALL_MODELS", "SUNO_ENABLE_MPS", "SECONDTAKE_LOW_MEMORY",
    }  # fmt: skip
    (warning,) = settings.warnings
    assert warning.startswith("SUNO_USE_SMALL_MODELS is set: ")
    assert "--checkpoint bark=small" in warning


@pytest.mark.parametrize(
    ("name", "low", "said"),
    [
        ("SECONDTAKE_LOW_MEMORY", True, 0),
        ("SUNO_OFFLOAD_CPU", True, 1),
        ("OMP_WAIT_POLICY", False, 0),
    ],
)
def test_low_memory_has_a_new_name_and_an_old_one(
    project: Project, name: str, low: bool, said: int
) -> None:
    settings = load_settings(project, {name: "1"})
    assert (settings.low_memory, len(settings.warnings)) == (low, said)
    assert all("SECONDTAKE_LOW_MEMORY=1" in warning for warning in settings.warnings)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_token_that_others_can_read_is_warned_of(
    project: Project, mode: int, warned: bool
) -> None:
    write_dotenv(project, "HF_TOKEN=hf_x\n", mode)
    warnings = " ".join(load_settings(project, {}).warnings)
    assert (
        f"chmod 600 {shlex.quote(os.path.relpath(project.root / '.env'))}" in warnings
    ) is warned


def test_a_readable_dotenv_without_token_is_nobodys_business(project: Project) -> None:
    write_dotenv(project, "HF_TOKEN=\nHF_ENDPOINT=https://mirror.example\n", 0o644)
    assert load_settings(project, {}).warnings == ()


def test_a_mistyped_variable_is_named_with_the_nearest(project: Project) -> None:
    write_dotenv(project, "HF_TOKN=hf_x\n")
    (warning,) = load_settings(project, {}).warnings
    assert "HF_TOKN" in warning and "'HF_TOKEN'" in warning and "hf_x" not in warning


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_ENDPOINT", "mirror.example"),
        ("HF_ENDPOINT", "https://user:pass@mirror.example"),
        ("SECONDTAKE_DOWNLOADS", "ftp://mirror.example"),
        ("SECONDTAKE_IGNORE_MEMORY", "perhaps"),
        ("HF_HUB_OFFLINE", "2"),
        ("SUNO_USE_SMALL_MODELS", "small"),
        ("SECONDTAKE_LOW_MEMORY", "very"),
        ("SECONDTAKE_PINS", "absent.json"),
        ("SECONDTAKE_TIMEOUT", "soon"),
        ("SECONDTAKE_BARK_LOCK", "bark_cu999"),
        ("HF_ENDPOINT", "http://["),
        ("HF_ENDPOINT", "http://host:port"),
        ("HF_ENDPOINT", "https://mirror.example/\x1b[2J"),
        ("HF_HUB_ETAG_TIMEOUT", "soon"),
        *((name, "hf_secretsecret") for name in VARIABLES if name != "HF_TOKEN"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(
    project: Project, name: str, value: str
) -> None:
    with pytest.raises(UserError, match=name) as error:
        load_settings(project, {name: value})
    assert "pass" not in str(error.value) and "secret" not in str(error.value)
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    "text",
    ["{", "[]", json.dumps({"suno/bork/text.pt": "0" * 64}), json.dumps({CODEC.source: "0123"})],
)
def test_a_file_of_pins_that_makes_no_sense_is_refused(project: Project, text: str) -> None:
    (project.root / "pins.json").write_text(text)
    with pytest.raises(UserError, match="SECONDTAKE_PINS"):
        load_settings(project, {"SECONDTAKE_PINS": "pins.json"})


def test_pins_are_read_from_below_the_project(project: Project) -> None:
    pins = {CODEC.source: "a" * 64}
    (project.root / "pins.json").write_text(json.dumps(pins))
    assert load_settings(project, {"SECONDTAKE_PINS": "pins.json"}).pins == pins


def test_another_name_and_a_shard_can_be_pinned_too(project: Project) -> None:
    folder = "facebook/musicgen-melody"
    names = ("model.safetensors", "model-00002-of-00002.safetensors")
    path = project.root / "pins.json"
    pins = {f"{folder}/{name}": "a" * 64 for name in names}
    path.write_text(json.dumps(pins))
    assert load_settings(project, {"SECONDTAKE_PINS": "pins.json"}).pins == pins
    path.write_text(json.dumps({f"{folder}/model.safetensor": "a" * 64}))
    with pytest.raises(UserError, match="did you mean"):
        load_settings(project, {"SECONDTAKE_PINS": "pins.json"})


def test_a_mirror_takes_the_host_of_a_plain_address_and_keeps_its_path() -> None:
    settings = Settings(downloads="http://mirror.example:8080/files")
    assert settings.address("https://far.example/encodec/v0/x.th") == (
        "http://mirror.example:8080/files/encodec/v0/x.th"
    )
    assert Settings().address("https://far.example/x.th") == "https://far.example/x.th"


@pytest.mark.parametrize(
    ("value", "good"),
    [("hf_abcDEF123", True), ("hf_abc def", False), ("“hf_abc”", False), ("'hf_abc'", False)],
)
def test_what_cannot_be_a_token_is_told(value: str, good: bool) -> None:
    assert Token(value, "test").well_formed is good


def test_a_stored_token_is_found_though_hf_home_points_elsewhere(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no" / "token"))
    stored = tmp_path / "home" / ".cache" / "huggingface" / "token"
    assert settings_module.stored_token() is None
    stored.parent.mkdir(parents=True)
    stored.write_text("hf_stored\n")
    token = settings_module.stored_token()
    assert token is not None
    assert (token.reveal(), token.source) == ("hf_stored", "`hf auth login`")


def test_the_example_explains_exactly_what_is_read() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = [line.lstrip("# ").split("=")[0] for line in lines if "=" in line and " " not in line]
    assert sorted(named) == sorted(VARIABLES)


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
        ({"TRANSFORMERS_OFFLINE": "yes"}, "TRANSFORMERS_OFFLINE"),
        ({"TRANSFORMERS_OFFLINE": "1", "HF_HUB_OFFLINE": "0"}, ""),
        ({"TRANSFORMERS_OFFLINE": "0"}, ""),
    ],
)
def test_what_forbids_to_fetch_is_known_by_name(
    project: Project, environ: dict[str, str], variable: str
) -> None:
    settings = load_settings(project, environ)
    assert settings.offline is bool(variable)
    assert settings.offline_variable == (variable or "HF_HUB_OFFLINE")


def test_the_environ_loses_the_token_once_it_is_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_module, "_taken", {})
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefgh")
    monkeypatch.setenv("HUGGING_FACE_HUB_TOKEN", "hf_ijklmnop")
    for _ in range(2):  # a verb may open the project more than once
        _, settings = settings_module.open_project()
        assert settings.token and settings.token.reveal() == "hf_abcdefgh"
        assert not [value for value in os.environ.values() if value.startswith("hf_")]


def test_an_old_name_of_the_token_counts(project: Project) -> None:
    write_dotenv(project, "SECONDTAKE_TIMEOUT=0\n")
    settings = load_settings(project, {"HUGGING_FACE_HUB_TOKEN": "hf_old"})
    assert settings.token and settings.token.reveal() == "hf_old"
    assert settings.token.source == "HUGGING_FACE_HUB_TOKEN in the environment"
    assert settings.silence == float("inf")
    assert load_settings(project, {"SECONDTAKE_TIMEOUT": "900"}).silence == 900
