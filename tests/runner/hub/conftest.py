"""A small Bark that was fetched before the test, and the weight files that tests speak of."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.hub import LoopbackHub
from tests.runner.conftest import content_of

from secondtake.core.errors import ModelError
from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.spec import MAIN, Checkpoint
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.weights import Manifest
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.settings import Settings

ROOT = Path(__file__).parents[3]


def unpinned(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint as if nothing were known of its repositories' files."""
    weights = (
        replace(weight, revision=MAIN, sha256="") if weight.repository else weight
        for weight in checkpoint.weights
    )
    return replace(checkpoint, weights=tuple(weights))


BARK_SMALL, BARK_LARGE = map(unpinned, (BARK.checkpoint("small"), BARK.checkpoint("large")))
OPEN = STABLE_AUDIO.checkpoint("open-1.0")
TEXT = next(weight for weight in BARK_SMALL.weights if weight.key == "text")
VOCABULARY = next(weight for weight in BARK_SMALL.weights if weight.key == "vocabulary")
CODEC = next(weight for weight in BARK_SMALL.weights if weight.url)
MakeSettings = Callable[..., Settings]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def text_path(project: Project, manifest: Manifest) -> Path:
    return manifest.weights(project).paths["text"]


def refused(project: Project, settings: Settings, checkpoint: Checkpoint) -> ModelError:
    model = STABLE_AUDIO if checkpoint in STABLE_AUDIO.checkpoints else BARK
    with pytest.raises(ModelError) as caught:
        fetch(project, model, checkpoint, settings)
    assert caught.value.hint and "\n" not in caught.value.message + caught.value.hint
    return caught.value


@pytest.fixture
def fetched(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> Iterator[tuple[Settings, Manifest]]:
    """Small Bark, fetched before the test begins; nothing of a repository is pinned."""
    settings = settings_for(hub, pins={CODEC.source: sha256(content_of(CODEC))})
    manifest = fetch(project, BARK, BARK_SMALL, settings)
    hub.requests.clear()
    yield settings, manifest
