"""The download of one weight file: look it up, stream it, check it, put it where it belongs.

A download goes on from where the last attempt ended, and writes no byte more than was promised.
Files of a hub land where huggingface_hub and transformers look for them.
"""

import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from secondtake.core.errors import ModelError, with_path
from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.formatting import format_bytes
from secondtake.core.generate import Progress
from secondtake.core.project import Project
from secondtake.core.registry.spec import Checkpoint, WeightFile
from secondtake.core.weights import INDEX, FetchedFile, shard_names
from secondtake.runner.hub import errors, integrity, store, transport
from secondtake.runner.hub.client import RemoteFile
from secondtake.runner.hub.transport import Answer, Refused, Unreached
from secondtake.runner.settings import Settings

TRIES = 4  # in a row that bring next to nothing
RETRY_SECONDS = 1.0  # doubled from try to try
LONGEST_WAIT = 120.0  # seconds that a hub may ask for between two tries; for more, a person waits
RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15}|\*)")


def stream(remote: RemoteFile, part: Path, on_bytes: Callable[[int], None], *, most: int) -> None:
    """Append to `part` until it is whole; `on_bytes` gets the bytes that are there.

    most: no more bytes than these are written. Unreached, or Refused, after TRIES in vain, what
    came stays; TooLongError if more is sent; Refused at once by an answer that will not change.
    BusyError if it is to wait too long.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    part.touch()
    idle, reached = 0, part.stat().st_size
    while True:
        have = part.stat().st_size
        if remote.bytes and have >= remote.bytes:
            if have == remote.bytes:
                return
            part.write_bytes(b"")  # no beginning of the file that is wanted
        wait, last_refusal = None, None
        try:
            _append(remote, part, on_bytes, most)
            if not remote.bytes or part.stat().st_size == remote.bytes:
                return
            reason = f"it ended after {part.stat().st_size} of {remote.bytes} bytes"
        except Refused as refused:
            if refused.status < 500 and refused.status not in errors.RETRY_STATUS:
                raise
            reason, wait = f"it answers {refused.status}", refused.wait_seconds
            last_refusal = refused
        except Unreached as error:
            reason = str(error)
        # Some bytes at every try would be a stall in small pieces.
        if part.stat().st_size >= reached + transport.SLOWEST * transport.WINDOW_SECONDS:
            idle, reached = 0, part.stat().st_size
        else:
            idle += 1
        if idle >= TRIES:
            raise last_refusal or Unreached(f"the download broke off: {reason}")
        _pause(RETRY_SECONDS * 2**idle / 2, wait, reason)


def _pause(seconds: float, asked: float | None, reason: str) -> None:
    """Wait before the next try, for as long as the other side asks if that is longer, within
    LONGEST_WAIT."""
    if asked is not None and asked > LONGEST_WAIT:
        raise errors.busy(f"the download broke off: {reason}", asked)
    time.sleep(max(seconds, asked or 0.0))


class TooLongError(Exception):
    """More bytes come than a file has."""


def _append(remote: RemoteFile, part: Path, on_bytes: Callable[[int], None], most: int) -> None:
    """One request for what is missing."""
    have = part.stat().st_size
    headers = {"range": f"bytes={have}-"} if have else {}
    try:
        with transport.ask(
            "GET", remote.url, remote.token, headers, seconds=transport.SILENCE_SECONDS
        ) as answer:
            if not _is_wanted(answer, have, remote.bytes):
                part.write_bytes(b"")  # the next try asks for all of it
                raise Unreached("it sends another part of the file than was asked for")
            if answer.status != HTTPStatus.PARTIAL_CONTENT:
                have = 0  # the other side sends the file from its beginning
            with part.open("r+b") as file:
                file.truncate(have)
                file.seek(have)
                for block in answer.blocks():
                    if have + len(block) > most:
                        raise TooLongError
                    file.write(block)
                    have += len(block)
                    on_bytes(have)
    except Refused as refused:
        if refused.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
            raise
        part.write_bytes(b"")
        raise Unreached("it does not have the rest of the file") from None
    except OSError as error:  # of the disk; those of the network are Unreached
        raise with_path(error, part, max(0, remote.bytes - have)) from None


def _is_wanted(answer: Answer, have: int, size: int) -> bool:
    """True for a whole file, and for the part that goes on after `have` bytes."""
    if answer.status != HTTPStatus.PARTIAL_CONTENT:
        return True
    match = RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    return bool(match and int(match[1]) == have and (not size or match[2] in ("*", str(size))))


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
        remote_file = integrity.look_up(
            self.project,
            weight,
            self.checkpoint,
            self.settings,
            self.records,
            longest_wait=LONGEST_WAIT,
            patient=True,
        )
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
            pinned=bool(store.pinned_sha256(weight, self.settings) or weight.git_id),
            stamp=file_fingerprint(path),
        )

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

        most = remote.bytes or integrity.most_bytes(weight)
        try:
            stream(remote, part, on_bytes, most=most)
        except Unreached as error:
            raise errors.unreachable(remote.url, str(error), hub=not weight.url) from None
        except TooLongError:
            part.unlink()
            promised = "was promised" if remote.bytes else "it can be"
            message = f"{weight.source}: more arrives than {promised} ({format_bytes(most)})"
            hint = "try again; if it stays, something alters downloads"
            raise ModelError("bad_weights", message, hint) from None
        except Refused as refused:
            raise self._refusal(refused, weight, remote) from None

    def _link(self, weight: WeightFile, remote: RemoteFile, blob: Path, path: Path) -> None:
        """Make the snapshot's entry for a blob: a link, or a copy where a disk has no links."""
        if path.exists() and path.samefile(blob):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # a copy may be damaged, a link lead to another blob
        try:
            path.symlink_to(os.path.relpath(blob, path.parent))
        except OSError:
            part = store.partial_path(path)
            shutil.copyfile(blob, part)
            part.replace(path)
        if not path.samefile(blob) and sha256_of(path) != sha256_of(blob):
            raise integrity.corrupt_error(weight, sha256_of(path), remote)

    def _refusal(self, refused: Refused, weight: WeightFile, remote: RemoteFile) -> ModelError:
        if weight.url:
            return errors.url_error(refused, weight, remote.url)
        return errors.hub_error(
            refused, weight, remote.commit, self.checkpoint, self.settings, remote.token
        )
