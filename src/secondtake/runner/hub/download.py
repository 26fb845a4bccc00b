"""The download of one weight file: look it up, stream it, check it, put it where it belongs.

A download goes on from where the last attempt ended. Files of a hub land where huggingface_hub and
transformers look for them, and the client itself puts them there. The bytes come through `stream`,
because the client starts a broken download of gigabytes from zero.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from huggingface_hub import get_session, hf_hub_download, hf_raise_for_status
from huggingface_hub.errors import HfHubHTTPError

from secondtake.core.errors import ModelError
from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.generate import Progress
from secondtake.core.project import Project
from secondtake.core.registry.spec import Checkpoint, WeightFile
from secondtake.core.weights import INDEX, FetchedFile, shard_names
from secondtake.runner.hub import errors, integrity, store
from secondtake.runner.hub.client import RemoteFile
from secondtake.runner.settings import Settings

TRIES = 4  # in a row without one new byte
RETRY_SECONDS = 1.0  # doubled from try to try
SILENCE_SECONDS = 30.0  # longest wait for the next bytes


def stream(remote: RemoteFile, part: Path, on_bytes: Callable[[int], None], *, hub: bool) -> None:
    """Append to `part` until it is whole; `on_bytes` gets the bytes that are there.

    ModelError network after TRIES in vain; what came stays. HfHubHTTPError if refused.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    part.touch()
    idle = 0
    while True:
        before = part.stat().st_size
        if remote.bytes and before >= remote.bytes:
            if before == remote.bytes:
                return
            part.write_bytes(b"")  # no beginning of the file that is wanted
        try:
            _append(remote, part, on_bytes)
            if not remote.bytes or part.stat().st_size == remote.bytes:
                return
            reason = f"it ended after {part.stat().st_size} of {remote.bytes} bytes"
        except HfHubHTTPError as error:
            status = error.response.status_code
            if status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in errors.RETRY_STATUS:
                raise
            reason = f"it answers {status}"
        except errors.UNREACHABLE as error:
            reason = errors.error_reason(error)
        idle = 0 if part.stat().st_size > before else idle + 1
        if idle >= TRIES:
            raise errors.unreachable(remote.url, f"the download broke off: {reason}", hub=hub)
        time.sleep(RETRY_SECONDS * 2**idle / 2)


def _append(remote: RemoteFile, part: Path, on_bytes: Callable[[int], None]) -> None:
    """One request for what is missing."""
    have = part.stat().st_size
    headers = {**remote.headers, "accept-encoding": "identity"}  # sizes, ranges of the file itself
    if have:
        headers["range"] = f"bytes={have}-"
    # Redirects to a storage host lose the authorization header: the client sees to that.
    with get_session().stream(
        "GET", remote.url, headers=headers, timeout=SILENCE_SECONDS, follow_redirects=True
    ) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.write_bytes(b"")
            return
        hf_raise_for_status(response)
        if not response.headers.get("content-range", "").startswith(f"bytes {have}-"):
            have = 0  # the other side sends the file from its beginning
        with part.open("r+b") as file:
            file.seek(have)
            file.truncate()
            for block in response.iter_bytes():
                file.write(block)
                have += len(block)
                on_bytes(have)


LOOKUPS = 3  # a hub may stumble once in the middle of a long fetch
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Downloader:
    """Downloads a checkpoint's files."""

    project: Project
    checkpoint: Checkpoint
    settings: Settings
    records: dict[str, FetchedFile]  # grows while files arrive
    progress: Progress

    def fetch(self, weight: WeightFile) -> FetchedFile | None:
        """Download and check a file; None if it is optional and not there. ModelError.

        An index is read too: one that lists no shards is none that is recorded.
        """
        remote_file = self._metadata_with_retries(weight)
        if remote_file is None:
            return None
        weight, remote = remote_file
        if weight.url:
            path = store.download_path(self.project, weight)
            sha256 = self._download(weight, remote, path)
        else:
            blob = store.blob_path(self.project, weight, remote.etag)
            sha256 = self._download(weight, remote, blob)
            path = store.snapshot_path(self.project, weight, remote.commit)
            self._link(weight, remote, blob, path)
        if path.name.endswith(INDEX):
            shard_names(path)
        return FetchedFile(
            key=weight.key,
            path=str(path.relative_to(self.project.cache)),
            sha256=sha256,
            bytes=path.stat().st_size,
            source=weight.source,
            revision=remote.commit,
            pinned=bool(store.pinned_sha256(weight, self.settings)),
            stamp=file_fingerprint(path),
        )

    def _metadata_with_retries(self, weight: WeightFile) -> tuple[WeightFile, RemoteFile] | None:
        attempt = 1
        while True:
            try:
                return integrity.expected_remote(
                    self.project, weight, self.checkpoint, self.settings, self.records
                )
            except ModelError as error:
                if error.code != "network" or attempt == LOOKUPS:
                    raise
            time.sleep(PAUSE_SECONDS * attempt)
            attempt += 1

    def _download(self, weight: WeightFile, remote: RemoteFile, whole: Path) -> str:
        """Download a file to `whole`; its sha256. The file that lies there may be damaged."""
        if whole.is_file():
            sha256, fault = self._verify(weight, remote, whole)
            if fault is None:
                return sha256
            whole.unlink()
        for last in (False, True):
            part = store.partial_path(whole)
            self._stream(weight, remote, part)
            sha256, fault = self._verify(weight, remote, part)
            if fault is None:
                break
            part.unlink()
            if last:
                raise fault
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(whole)
        return sha256

    def _verify(
        self, weight: WeightFile, remote: RemoteFile, path: Path
    ) -> tuple[str, ModelError | None]:
        """The file's sha256, and the error if it is not the file that it should be."""
        sha256, matches_hub = integrity.hash_file(path, remote)
        expected = integrity.expected_sha256(weight, self.settings, self.records)
        if not matches_hub:
            return sha256, integrity.corrupt_error(weight, sha256, remote)
        if expected and sha256 != expected:
            fault = integrity.changed_error(self.project, weight, self.settings, expected, sha256)
            return sha256, fault
        return sha256, None

    def _stream(self, weight: WeightFile, remote: RemoteFile, part: Path) -> None:
        def on_bytes(done: int) -> None:
            self.progress(weight.source, done, remote.bytes)

        try:
            stream(remote, part, on_bytes, hub=not weight.url)
        except HfHubHTTPError as error:
            raise self._hub_error(error, weight, remote) from None

    def _link(self, weight: WeightFile, remote: RemoteFile, blob: Path, path: Path) -> None:
        """Have the client make the snapshot's entry for a blob that is here already."""
        if path.exists() and not path.samefile(blob):
            path.unlink()  # a disk without symbolic links holds copies: this one may be damaged
        try:
            with errors.as_network_error(remote.url, hub=True):
                hf_hub_download(
                    weight.repository,
                    weight.file,
                    revision=remote.commit,
                    cache_dir=store.hub_folder(self.project),
                    endpoint=self.settings.endpoint,
                    token=remote.token.reveal() if remote.token else False,
                )
        except HfHubHTTPError as error:
            raise self._hub_error(error, weight, remote) from None
        if not path.samefile(blob) and sha256_of(path) != sha256_of(blob):
            raise integrity.corrupt_error(weight, sha256_of(path), remote)

    def _hub_error(
        self, error: HfHubHTTPError, weight: WeightFile, remote: RemoteFile
    ) -> ModelError:
        if weight.url:
            return errors.url_error(error, weight, remote.url)
        return errors.hub_error(
            error, weight, remote.commit, self.checkpoint, self.settings, remote.token
        )
