"""Brings one weight file here: asks, streams, proves, and puts it where it belongs.

Files of a hub land where huggingface_hub and transformers look for them, and the client itself
puts them there. The bytes come through `streaming`, because the client starts a broken download
of gigabytes from zero.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError

from secondtake.errors import ModelError
from secondtake.files import sha256_of
from secondtake.making import Progress
from secondtake.model import Checkpoint, Weight
from secondtake.project import Project
from secondtake.weights import Fetched, stamp_of
from secondtake_runner import verifying
from secondtake_runner.holdings import (
    blob_path,
    hub_folder,
    part_of,
    pinned_sha256,
    plain_path,
    snapshot_path,
)
from secondtake_runner.hub import Remote
from secondtake_runner.refusals import explained, plain_refusal, refusal
from secondtake_runner.settings import Settings
from secondtake_runner.streaming import stream

ASKS = 3  # a hub may stumble once in the middle of a long fetch
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Transfer:
    """What it takes to bring a checkpoint's files here."""

    project: Project
    checkpoint: Checkpoint
    settings: Settings
    records: dict[str, Fetched]  # grows while files arrive
    progress: Progress

    def get(self, weight: Weight) -> Fetched | None:
        """The file, here and proven; None if it is optional and not there. ModelError."""
        remote = self._ask(weight)
        if remote is None:
            return None
        if weight.url:
            path = plain_path(self.project, weight)
            sha256 = self._bring(weight, remote, path)
        else:
            blob = blob_path(self.project, weight, remote.etag)
            sha256 = self._bring(weight, remote, blob)
            path = snapshot_path(self.project, weight, remote.commit)
            self._link(weight, remote, blob, path)
        return Fetched(
            key=weight.key,
            path=str(path.relative_to(self.project.cache)),
            sha256=sha256,
            bytes=path.stat().st_size,
            source=weight.source,
            revision=remote.commit,
            pinned=bool(pinned_sha256(weight, self.settings)),
            stamp=stamp_of(path),
        )

    def _ask(self, weight: Weight) -> Remote | None:
        for tried in range(1, ASKS):
            try:
                return self._ask_once(weight)
            except ModelError as error:
                if error.code != "network":
                    raise
                time.sleep(PAUSE_SECONDS * tried)
        return self._ask_once(weight)

    def _ask_once(self, weight: Weight) -> Remote | None:
        return verifying.ask(self.project, weight, self.checkpoint, self.settings, self.records)

    def _bring(self, weight: Weight, remote: Remote, whole: Path) -> str:
        """Make `whole` the file that it should be; its sha256. What lies there may be damaged."""
        if whole.is_file():
            sha256, fault = self._judge(weight, remote, whole)
            if fault is None:
                return sha256
            whole.unlink()
        for last in (False, True):
            part = part_of(whole)
            self._stream(weight, remote, part)
            sha256, fault = self._judge(weight, remote, part)
            if fault is None:
                break
            part.unlink()
            if last:
                raise fault
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(whole)
        return sha256

    def _judge(self, weight: Weight, remote: Remote, path: Path) -> tuple[str, ModelError | None]:
        """The file's sha256, and what is wrong with it."""
        sha256, as_told = verifying.identify(path, remote)
        expected = verifying.expected_sha256(weight, self.settings, self.records)
        if not as_told:
            return sha256, verifying.damaged(weight, sha256, remote)
        if expected and sha256 != expected:
            fault = verifying.changed(self.project, weight, self.settings, expected, sha256)
            return sha256, fault
        return sha256, None

    def _stream(self, weight: Weight, remote: Remote, part: Path) -> None:
        def on_bytes(done: int) -> None:
            self.progress(weight.source, done, remote.bytes)

        hub = not weight.url
        try:
            stream(remote.url, remote.headers, part, remote.bytes, on_bytes, hub=hub)
        except HfHubHTTPError as error:
            raise self._refusal(error, weight, remote) from None

    def _link(self, weight: Weight, remote: Remote, blob: Path, path: Path) -> None:
        """Let the client make the snapshot's entry for a blob that is here already."""
        if path.exists() and not path.samefile(blob):
            path.unlink()  # a disk without symbolic links holds copies: this one may be damaged
        try:
            with explained(remote.url, hub=True):
                hf_hub_download(
                    weight.repository,
                    weight.file,
                    revision=remote.commit,
                    cache_dir=hub_folder(self.project),
                    endpoint=self.settings.endpoint,
                    token=remote.token.reveal() if remote.token else False,
                )
        except HfHubHTTPError as error:
            raise self._refusal(error, weight, remote) from None
        if not path.samefile(blob) and sha256_of(path) != sha256_of(blob):
            raise verifying.damaged(weight, sha256_of(path), remote)

    def _refusal(self, error: HfHubHTTPError, weight: Weight, remote: Remote) -> ModelError:
        if weight.url:
            return plain_refusal(error, weight, remote.url)
        return refusal(error, weight, remote.commit, self.checkpoint, self.settings, remote.token)
