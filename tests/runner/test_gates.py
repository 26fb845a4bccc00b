"""Every gate of the registry: who stands before it is told which page opens it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hub import LoopbackHub
from tests.runner.conftest import INSIDER, OUTSIDER

from secondtake.core.errors import ModelError
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, ModelSpec
from secondtake.runner.hub.errors import is_gated
from secondtake.runner.preflight import preflight
from secondtake.runner.settings import Settings

GUIDE = Path(__file__).parents[2] / "docs" / "HUGGINGFACE_SETUP.md"
EVERY = [(model, c) for model in MODELS.values() for c in model.checkpoints if c.weights]
GATED = [(model, c) for model, c in EVERY if c.gate]
PARTED = [(model, c) for model, c in GATED if len({w.repository for w in c.weights}) > 1]
OPEN = [(model, c) for model, c in EVERY if not c.gate]
MakeSettings = Callable[..., Settings]
gated = pytest.mark.parametrize(
    ("model", "checkpoint"), GATED, ids=[checkpoint.title for _, checkpoint in GATED]
)


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which every checkpoint has room."""
    monkeypatch.setattr("secondtake.runner.preflight.free_disk_bytes", lambda path: 10**12)


def repository(checkpoint: Checkpoint) -> str:
    """The one behind the checkpoint's own gate."""
    (name,) = {w.repository for w in checkpoint.weights if is_gated(w, checkpoint)}
    return name


def refused(
    project: Project, settings: Settings, model: ModelSpec, checkpoint: Checkpoint
) -> ModelError:
    with pytest.raises(ModelError) as caught:
        preflight(project, model, checkpoint, settings)
    return caught.value


@gated
def test_each_gate_is_told_apart_and_its_own_page_named(
    project: Project,
    hub: LoopbackHub,
    settings_for: MakeSettings,
    model: ModelSpec,
    checkpoint: Checkpoint,
) -> None:
    hub.gated = {repository(gate) for _, gate in GATED}
    hub.accounts[OUTSIDER].accepted = hub.gated - {repository(checkpoint)}  # all the others
    errors = [
        refused(project, settings_for(hub, t), model, checkpoint) for t in ("", "hf_no", OUTSIDER)
    ]
    assert [error.code for error in errors] == ["no_token", "bad_token", "terms"]
    others = {gate.gate for _, gate in GATED} - {checkpoint.gate}
    for error in (errors[0], errors[2]):
        assert checkpoint.gate in error.hint and not any(page in error.hint for page in others)
    assert repository(checkpoint) in errors[2].message and checkpoint.title in errors[0].message
    assert not hub.asked("GET", "model")


@gated
def test_once_its_terms_are_accepted_it_may_run(
    project: Project,
    hub: LoopbackHub,
    settings_for: MakeSettings,
    model: ModelSpec,
    checkpoint: Checkpoint,
) -> None:
    hub.gated = {repository(gate) for _, gate in GATED}
    hub.accounts[INSIDER].accepted = {repository(checkpoint)}
    assert preflight(project, model, checkpoint, settings_for(hub, INSIDER)).bytes


@pytest.mark.parametrize(
    ("model", "checkpoint"), PARTED, ids=[checkpoint.title for _, checkpoint in PARTED]
)
def test_a_part_behind_a_gate_of_its_own_names_that_gate(
    project: Project,
    hub: LoopbackHub,
    settings_for: MakeSettings,
    model: ModelSpec,
    checkpoint: Checkpoint,
) -> None:
    part = min({weight.repository for weight in checkpoint.weights} - {repository(checkpoint), ""})
    hub.gated = {repository(checkpoint), part}
    hub.accounts[OUTSIDER].accepted = {repository(checkpoint)}
    error = refused(project, settings_for(hub, OUTSIDER), model, checkpoint)
    assert (error.code, part in error.message) == ("terms", True)
    assert f"https://huggingface.co/{part}" in error.hint and checkpoint.gate not in error.hint
    hub.gated = {part}
    error = refused(project, settings_for(hub), model, checkpoint)
    assert error.code == "no_token" and error.message.startswith(f"{part} (for {checkpoint.title})")


@pytest.mark.parametrize(
    ("model", "checkpoint"), OPEN, ids=[checkpoint.title for _, checkpoint in OPEN]
)
def test_what_is_open_needs_no_token_and_gets_none(
    project: Project,
    hub: LoopbackHub,
    settings_for: MakeSettings,
    model: ModelSpec,
    checkpoint: Checkpoint,
) -> None:
    assert preflight(project, model, checkpoint, settings_for(hub)).bytes
    assert preflight(project, model, checkpoint, settings_for(hub, "hf_no")).bytes
    assert not [request for request in hub.requests if request.token]


def test_the_guide_has_every_gate_and_names_its_model() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    opening = text.split("\n## ", 1)[0]
    for model, checkpoint in GATED:
        assert any(
            f"`{checkpoint.name}`" in row and f"<{checkpoint.gate}>" in row
            for row in text.splitlines()
        )
        assert f"**{model.title}**" in opening
