"""Brings one weight file here: asks, streams, proves, and puts it where it belongs.

Files of a hub land where huggingface_hub and transformers look for them, and the client itself
puts them there. The bytes come through `streaming`, because the client starts a broken download
of gigabytes from zero.

One file from an address to this disk, going on from where the last attempt ended.
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
from secondtake.core.files import sha256_of
from secondtake.core.generate import Progress
from secondtake.core.project import Project
from secondtake.core.registry.spec import Checkpoint, Weight
from secondtake.core.weights import Fetched, stamp_of
from secondtake.runner.hub import integrity
from secondtake.runner.hub.client import Remote
from secondtake.runner.hub.errors import (
    PATIENCE,
    UNREACHABLE,
    explained,
    plain_refusal,
    reason_of,
    refusal,
    unreachable,
)
from secondtake.runner.hub.store import (
    blob_path,
    hub_folder,
    part_of,
    pinned_sha256,
    plain_path,
    snapshot_path,
)
from secondtake.runner.settings import Settings

TRIES = 4  # in a row without one new byte
RETRY_SECONDS = 1.0  # doubled from try to try
SILENCE_SECONDS = 30.0  # longest wait for the next bytes


def stream(
    url: str,
    headers: dict[str, str],
    part: Path,
    expected_bytes: int,
    on_bytes: Callable[[int], None],
    *,
    hub: bool,
) -> None:
    """Let `part` grow until it is whole; `on_bytes` hears how much is there.

    `expected_bytes` is 0 if nobody knows. ModelError network after TRIES in vain; what came
    stays. HfHubHTTPError if the other side refuses.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    part.touch()
    idle = 0
    while True:
        before = part.stat().st_size
        if expected_bytes and before >= expected_bytes:
            if before == expected_bytes:
                return
            part.write_bytes(b"")  # no beginning of the file that is wanted
        try:
            _append(url, headers, part, on_bytes)
            if not expected_bytes or part.stat().st_size == expected_bytes:
                return
            reason = f"it ended after {part.stat().st_size} of {expected_bytes} bytes"
        except HfHubHTTPError as error:
            status = error.response.status_code
            if status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in PATIENCE:
                raise
            reason = f"it answers {status}"
        except UNREACHABLE as error:
            reason = reason_of(error)
        idle = 0 if part.stat().st_size > before else idle + 1
        if idle >= TRIES:
            raise unreachable(url, f"the download broke off: {reason}", hub=hub)
        time.sleep(RETRY_SECONDS * 2**idle / 2)


def _append(url: str, headers: dict[str, str], part: Path, on_bytes: Callable[[int], None]) -> None:
    """One request for what is missing."""
    have = part.stat().st_size
    asked = {**headers, "accept-encoding": "identity"}  # sizes and ranges of the file itself
    if have:
        asked["range"] = f"bytes={have}-"
    session = get_session()
    # Redirects to a storage host lose the authorization header: the client sees to that.
    with session.stream(
        "GET", url, headers=asked, timeout=SILENCE_SECONDS, follow_redirects=True
    ) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.write_bytes(b"")
            return
        hf_raise_for_status(answer)
        if not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
            have = 0  # the other side sends the file from its beginning
        with part.open("r+b") as file:
            file.seek(have)
            file.truncate()
            for block in answer.iter_bytes():
                file.write(block)
                have += len(block)
                on_bytes(have)


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
        return integrity.ask(self.project, weight, self.checkpoint, self.settings, self.records)

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
        sha256, as_told = integrity.identify(path, remote)
        expected = integrity.expected_sha256(weight, self.settings, self.records)
        if not as_told:
            return sha256, integrity.damaged(weight, sha256, remote)
        if expected and sha256 != expected:
            fault = integrity.changed(self.project, weight, self.settings, expected, sha256)
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
            raise integrity.damaged(weight, sha256_of(path), remote)

    def _refusal(self, error: HfHubHTTPError, weight: Weight, remote: Remote) -> ModelError:
        if weight.url:
            return plain_refusal(error, weight, remote.url)
        return refusal(error, weight, remote.commit, self.checkpoint, self.settings, remote.token)
