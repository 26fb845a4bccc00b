"""Hash and revision checks of weight files.

What is pinned (in the registry, or by SECONDTAKE_PINS) must match. What is not is trusted at its
first fetch, as long as it is what the hub itself says it is; its hash and commit are recorded,
and every later fetch asks for that commit and must match that hash.
"""

import hashlib
import re
import time
from collections.abc import Mapping
from pathlib import Path

from secondtake.core.errors import ModelError
from secondtake.core.files import BLOCK_BYTES
from secondtake.core.formatting import format_bytes
from secondtake.core.project import Project
from secondtake.core.registry.spec import MAIN, Checkpoint, WeightFile
from secondtake.core.weights import INDEX, FetchedFile
from secondtake.runner.hub.client import RemoteFile, hub_metadata, url_metadata
from secondtake.runner.hub.errors import BusyError, absent_error
from secondtake.runner.hub.store import (
    manifests_naming,
    pinned_git_id,
    pinned_sha256,
    recorded_variant,
)
from secondtake.runner.hub.transport import LARGEST_ANSWER
from secondtake.runner.settings import SHA256, Settings

LOOKUPS = 3  # a hub may stumble once in the middle of a long fetch
PAUSE_SECONDS = 1.0
LEAST_ROOM, MOST_BYTES = 1 << 26, 1 << 36  # of a file, where little or nothing is known of it
GIT_BLOB_ID = re.compile(r"[0-9a-f]{40}")


def look_up(
    project: Project,
    weight: WeightFile,
    checkpoint: Checkpoint,
    settings: Settings,
    records: Mapping[str, FetchedFile],
    *,
    longest_wait: float,
    patient: bool,
) -> tuple[WeightFile, RemoteFile] | None:
    """As `expected_remote`, asked again where the other side asks to wait for `longest_wait`
    seconds at most; patient: where it fails in another way too."""
    attempt = 1
    while True:
        try:
            return expected_remote(project, weight, checkpoint, settings, records)
        except ModelError as error:
            asked = error.wait_seconds if isinstance(error, BusyError) else None
            may_pass = error.code == "network" and (patient or asked is not None)
            if not may_pass or attempt == LOOKUPS or (asked or 0) > longest_wait:
                raise
        time.sleep(max(PAUSE_SECONDS * attempt, asked or 0.0))
        attempt += 1


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
        if address:
            _check_size(weight, address, settings)
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
    _check_size(variant, remote, settings)
    if pinned_git_id(variant, settings) not in ("", remote.etag):
        raise changed_error(project, variant, settings, variant.git_id, remote.etag)
    return variant, remote


def most_bytes(weight: WeightFile) -> int:
    """The bytes that a file may have, whatever is promised: with room for what the registry only
    estimates, and for shards of unequal size."""
    if weight.file.endswith(INDEX):  # its bytes are those of its shards
        return LARGEST_ANSWER
    return max(LEAST_ROOM, 4 * weight.bytes) if weight.bytes else MOST_BYTES


def _check_size(weight: WeightFile, remote: RemoteFile, settings: Settings) -> None:
    """bad_weights if a file of this size cannot be the one that the registry means."""
    is_known = weight.sha256 and weight.bytes and weight.source not in settings.pins
    if is_known and remote.bytes not in (0, weight.bytes):
        message = f"{weight.source} is not the file that was pinned: {remote.bytes} bytes instead "
        message += f"of {weight.bytes} (sha256 {weight.sha256})"
    elif remote.bytes > most_bytes(weight):
        message = f"{weight.source} is not the file that is meant: {format_bytes(remote.bytes)} "
        message += f"are promised, {format_bytes(most_bytes(weight))} are the most that it can be"
    else:
        return
    hint = "check HF_ENDPOINT and SECONDTAKE_DOWNLOADS; the registry says what it must be"
    raise ModelError("bad_weights", message, hint)


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
    if pinned_sha256(weight, settings) or pinned_git_id(weight, settings):
        where = "SECONDTAKE_PINS" if weight.source in settings.pins else "the registry"
        hint = f"check HF_ENDPOINT and SECONDTAKE_DOWNLOADS; {where} says what it must be"
        message = f"{weight.source} is not the file that was pinned"
    else:
        hint = _acceptance(project, weight)
        message = f"{weight.source} is not the file that was fetched first"
    kind = "sha256" if SHA256.fullmatch(expected) else "git blob"
    return ModelError("bad_weights", f"{message}: {kind} {actual} instead of {expected}", hint)


def _acceptance(project: Project, weight: WeightFile) -> str:
    """The hint for a person who wants the file that the hub has now."""
    folder = f"{weight.repository}/" if weight.repository else weight.source
    names = " and ".join(project.relative(path) for path in manifests_naming(project, folder))
    return f"if you want what is there now: delete {names}, then type: invoke fetch"


def corrupt_error(weight: WeightFile, sha256: str, remote: RemoteFile) -> ModelError:
    """bad_weights: twice another file than the hub says that it sends."""
    message = f"{weight.source} arrives damaged: sha256 {sha256}, hub says {remote.etag}"
    return ModelError("bad_weights", message, "try again; if it stays, something alters downloads")
