"""Every gate of the registry: who stands before it is told which page opens it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hub import LoopbackHub
from tests.runner.conftest import INSIDER, OUTSIDER

from secondtake.core.errors import ModelError
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, Model
from secondtake.runner.hub.errors import is_gated
from secondtake.runner.preflight import check_access
from secondtake.runner.settings import Settings

GUIDE = Path(__file__).parents[2] / "docs" / "HUGGINGFACE_SETUP.md"
EVERY = [(model, one) for model in MODELS.values() for one in model.checkpoints if one.weights]
GATED = [(model, one) for model, one in EVERY if one.gate]
PARTED = [(model, one) for model, one in GATED if len({w.repository for w in one.weights}) > 1]
OPEN = [(model, one) for model, one in EVERY if not one.gate]
MakeSettings = Callable[..., Settings]
gated = pytest.mark.parametrize(("model", "one"), GATED, ids=[one.title for _, one in GATED])


def repository(checkpoint: Checkpoint) -> str:
    """The one behind the checkpoint's own gate."""
    (name,) = {w.repository for w in checkpoint.weights if is_gated(w, checkpoint)}
    return name


def refused(project: Project, settings: Settings, model: Model, one: Checkpoint) -> ModelError:
    with pytest.raises(ModelError) as caught:
        check_access(project, model, one, settings)
    return caught.value


@gated
def test_each_gate_is_told_apart_and_its_own_page_named(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, model: Model, one: Checkpoint
) -> None:
    hub.gated = {repository(gate) for _, gate in GATED}
    hub.accounts[OUTSIDER].accepted = hub.gated - {repository(one)}  # all the others
    told = [refused(project, settings_for(hub, t), model, one) for t in ("", "hf_no", OUTSIDER)]
    assert [error.code for error in told] == ["no_token", "bad_token", "terms"]
    others = {gate.gate for _, gate in GATED} - {one.gate}
    for error in (told[0], told[2]):
        assert one.gate in error.hint and not any(page in error.hint for page in others)
    assert repository(one) in told[2].message and one.title in told[0].message
    assert not hub.asked("GET", "model")


@gated
def test_once_its_terms_are_accepted_it_may_run(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, model: Model, one: Checkpoint
) -> None:
    hub.gated = {repository(gate) for _, gate in GATED}
    hub.accounts[INSIDER].accepted = {repository(one)}
    assert check_access(project, model, one, settings_for(hub, INSIDER)).bytes


@pytest.mark.parametrize(("model", "one"), PARTED, ids=[one.title for _, one in PARTED])
def test_a_part_behind_a_gate_of_its_own_names_that_gate(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, model: Model, one: Checkpoint
) -> None:
    part = min({weight.repository for weight in one.weights} - {repository(one), ""})
    hub.gated = {repository(one), part}
    hub.accounts[OUTSIDER].accepted = {repository(one)}
    error = refused(project, settings_for(hub, OUTSIDER), model, one)
    assert (error.code, part in error.message) == ("terms", True)
    assert f"https://huggingface.co/{part}" in error.hint and one.gate not in error.hint
    hub.gated = {part}
    error = refused(project, settings_for(hub), model, one)
    assert error.code == "no_token" and error.message.startswith(f"{part} (for {one.title})")


@pytest.mark.parametrize(("model", "one"), OPEN, ids=[one.title for _, one in OPEN])
def test_what_is_open_needs_no_token_and_gets_none(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, model: Model, one: Checkpoint
) -> None:
    assert check_access(project, model, one, settings_for(hub)).bytes
    assert check_access(project, model, one, settings_for(hub, "hf_no")).bytes
    assert not [request for request in hub.requests if request.token]


def test_the_guide_has_every_gate_and_names_its_model() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    opening = text.split("\n## ", 1)[0]
    for model, one in GATED:
        assert any(f"`{one.name}`" in row and f"<{one.gate}>" in row for row in text.splitlines())
        assert f"**{model.title}**" in opening
