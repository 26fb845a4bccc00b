"""Hash and revision checks of weight files.

What is pinned (in the registry, or by SECONDTAKE_PINS) must match. What is not is trusted at its
first fetch, as long as it is what the hub itself says it is; its hash and commit are recorded,
and every later fetch asks for that commit and must match that hash.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from secondtake.core.errors import ModelError
from secondtake.core.files import BLOCK_BYTES
from secondtake.core.project import Project
from secondtake.core.registry.spec import MAIN, Checkpoint, WeightFile
from secondtake.core.weights import FetchedFile
from secondtake.runner.hub.client import RemoteFile, hub_metadata, url_metadata
from secondtake.runner.hub.errors import absent_error
from secondtake.runner.hub.store import manifests_naming, pinned_sha256, recorded_variant
from secondtake.runner.settings import SHA256, Settings

GIT_BLOB_ID = re.compile(r"[0-9a-f]{40}")


def expected_remote(
    project: Project,
    weight: WeightFile,
    checkpoint: Checkpoint,
    settings: Settings,
    records: Mapping[str, FetchedFile],
) -> tuple[WeightFile, RemoteFile] | None:
    """The file to fetch for a weight, by the name that it has there; None if an optional one is
    not there.

    A file that was fetched before is asked for by its name of then alone: another one that its
    publisher adds later changes nothing. ModelError as of the hub, and bad_weights if it says
    already that the file is another one.
    """
    if weight.url:
        address = url_metadata(weight, settings)
        return (weight, address) if address else None
    recorded = recorded_variant(weight, records)
    variants = (recorded,) if recorded else weight.variants
    revision = weight.revision
    try:
        for variant in variants:
            revision = wanted_revision(variant, settings, records)
            if remote := hub_metadata(variant, revision, checkpoint, settings):
                break
        else:
            if weight.optional:
                return None
            raise absent_error(weight.repository, [each.file for each in variants], settings)
    except ModelError as error:
        if error.code != "bad_weights" or revision == weight.revision:
            raise
        raise ModelError(error.code, error.message, _acceptance(project, weight)) from None
    expected = expected_sha256(variant, settings, records)
    if expected and SHA256.fullmatch(remote.etag) and remote.etag != expected:
        raise changed_error(project, variant, settings, expected, remote.etag)
    return variant, remote


def wanted_revision(
    weight: WeightFile, settings: Settings, records: Mapping[str, FetchedFile]
) -> str:
    """The commit that the file was fetched at before; else the pinned one; else that of the other
    files of its repository; else main.

    Asking for the commit keeps the files of a repository together when its main branch moves on.
    """
    record = records.get(weight.source)
    if record and record.sha256 == (pinned_sha256(weight, settings) or record.sha256):
        return record.revision
    if weight.revision != MAIN:
        return weight.revision
    siblings = (f for source, f in records.items() if source.startswith(f"{weight.repository}/"))
    return next((f.revision for f in siblings if not record and f.revision), weight.revision)


def expected_sha256(
    weight: WeightFile, settings: Settings, records: Mapping[str, FetchedFile]
) -> str:
    """The hash that the file must have; "" if this is its first fetch and none is pinned."""
    record = records.get(weight.source)
    return pinned_sha256(weight, settings) or (record.sha256 if record else "")


def hash_file(path: Path, remote: RemoteFile) -> tuple[str, bool]:
    """The file's sha256, and True if it is what the hub says that it is."""
    sha256 = hashlib.sha256()
    git = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    is_git = GIT_BLOB_ID.fullmatch(remote.etag) is not None
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            sha256.update(block)
            if is_git:
                git.update(block)
    digest = sha256.hexdigest()
    if is_git:
        return digest, git.hexdigest() == remote.etag
    return digest, not SHA256.fullmatch(remote.etag) or digest == remote.etag


def changed_error(
    project: Project, weight: WeightFile, settings: Settings, expected: str, actual: str
) -> ModelError:
    """bad_weights: a whole file, but another one than the pinned or recorded."""
    if pinned_sha256(weight, settings):
        where = "SECONDTAKE_PINS" if weight.source in settings.pins else "the registry"
        hint = f"check HF_ENDPOINT and SECONDTAKE_DOWNLOADS; {where} says what it must be"
        message = f"{weight.source} is not the file that was pinned"
    else:
        hint = _acceptance(project, weight)
        message = f"{weight.source} is not the file that was fetched first"
    return ModelError("bad_weights", f"{message}: sha256 {actual} instead of {expected}", hint)


def _acceptance(project: Project, weight: WeightFile) -> str:
    """The hint for a person who wants the file that the hub has now."""
    folder = f"{weight.repository}/" if weight.repository else weight.source
    names = " and ".join(project.relative(path) for path in manifests_naming(project, folder))
    return f"if you want what is there now: delete {names}, then type: invoke fetch"


def corrupt_error(weight: WeightFile, sha256: str, remote: RemoteFile) -> ModelError:
    """bad_weights: twice another file than the hub says that it sends."""
    message = f"{weight.source} arrives damaged: sha256 {sha256}, hub says {remote.etag}"
    return ModelError("bad_weights", message, "try again; if it stays, something alters downloads")
