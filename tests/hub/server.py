"""The loopback hub's server: which path is answered how."""

import json
import re
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub.accounts import Account
from tests.hub.faults import Faults
from tests.hub.repository import Blob, Repository

RESOLVE = re.compile(r"/(?P<repo>[^/]+(?:/[^/]+)?)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
API = re.compile(
    r"/api/models/(?P<repo>[^/]+(?:/[^/]+)?)"
    r"(?:/(?P<verb>revision|tree|paths-info|auth-check)(?:/(?P<revision>[^/]+))?)?"
)
API_REPO_OF_ONE_WORD = re.compile(
    r"/api/models/(?P<repo>[^/]+)"
    r"/(?P<verb>revision|tree|paths-info|auth-check)(?:/(?P<revision>[^/]+))?"
)
STORAGE = "localhost"  # another name of this machine, so another origin to the client


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    host: str
    path: str
    token: str  # "" if none was sent
    range: str


class LoopbackHub:
    """A hub on a free port of 127.0.0.1, for the length of a `with` block."""

    def __init__(
        self,
        root: Path,
        *,
        gated: Iterable[str] = (),
        accounts: Mapping[str, Account] | None = None,  # by token
        commits: Mapping[str, str] | None = None,  # by repository: the id of its first commit
        storage: bool = False,  # LFS files are on another host, as on the real hub
        port: int = 0,
    ) -> None:
        self.root = root
        self.gated = set(gated)
        self.accounts = dict(accounts or {})
        self.commits = dict(commits or {})
        self.storage = storage
        self.renamed: dict[str, str] = {}  # old name -> the repository that answers for it
        self.faults = Faults()
        self.requests: list[Request] = []
        self.repositories: dict[str, Repository] = {}
        self.lock = threading.Lock()
        handler = type("BoundHandler", (Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def repository(self, name: str) -> Repository | None:
        folder = self.root / name
        with self.lock:
            if name not in self.repositories and ".." not in name and folder.is_dir():
                self.repositories[name] = Repository.of(folder, self.commits.get(name, ""))
            return self.repositories.get(name)

    def publish(self, name: str, files: dict[str, bytes]) -> str:
        """A new commit on a repository's main; the old one stays to be asked for by its id."""
        repository = self.repository(name)
        assert repository is not None, name
        return repository.commit(files)

    def asked(self, method: str, ending: str = "") -> list[Request]:
        """The requests so far whose path ends so."""
        return [r for r in self.requests if r.method == method and r.path.endswith(ending)]

    def __enter__(self) -> "LoopbackHub":
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()


class Refused(Exception):
    """An answer that is not a file: status, the hub's code for it, the hub's words."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    hub: LoopbackHub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every body waits 40 ms for the client to have its headers

    def do_HEAD(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:
        """The test reads `hub.requests` instead."""

    def _handle(self) -> None:
        path = unquote(urlsplit(self.path).path)
        length = int(self.headers.get("Content-Length") or 0)
        self.form = parse_qs(self.rfile.read(length).decode())
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        host = self.headers.get("Host", "")
        request = Request(self.command, host, path, token, self.headers.get("Range", ""))
        self.hub.requests.append(request)
        time.sleep(self.hub.faults.seconds(path))
        try:
            if status := self.hub.faults.next_status(path):
                raise Refused(status, "", "out of order")
            if odd := self.hub.faults.odd_answer(path):
                return odd(self)
            self._route(path, token)
        except Refused as refused:
            headers = {"X-Error-Code": refused.code, "X-Error-Message": refused.message}
            body = json.dumps({"error": refused.message}).encode()
            self._answer(refused.status, body, {k: v for k, v in headers.items() if v})
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _route(self, path: str, token: str) -> None:
        if path.startswith("/storage/"):
            return self._storage(path)
        if token and token not in self.hub.accounts:
            raise Refused(401, "", "Invalid credentials in Authorization header")
        if path == "/api/whoami-v2":
            if not token:
                raise Refused(401, "", "Invalid username or password.")
            return self._json(self.hub.accounts[token].whoami())
        if match := RESOLVE.fullmatch(path):
            return self._resolve(match["repo"], match["revision"], match["file"], token)
        if match := API_REPO_OF_ONE_WORD.fullmatch(path) or API.fullmatch(path):
            return self._api(match["repo"], match["verb"], match["revision"] or "main", token)
        self._plain(path)

    def _open(self, name: str, token: str, *, read: bool = True) -> Repository:
        repository = self.hub.repository(name)
        if repository is None:
            raise Refused(404 if token else 401, "RepoNotFound", "Repository not found")
        if read and name in self.hub.gated:
            if not token:
                message = f"Access to model {name} is restricted. You must have access to it."
                raise Refused(401, "GatedRepo", message)
            if reason := self.hub.accounts[token].refusal(name):
                raise Refused(403, "GatedRepo", reason)
        return repository

    def _commit(self, repository: Repository, revision: str) -> str:
        commit = repository.resolve(revision)
        if commit is None:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def _resolve(self, name: str, revision: str, file: str, token: str) -> None:
        if name in self.hub.renamed:
            place = f"/{self.hub.renamed[name]}/resolve/{revision}/{file}"
            return self._answer(307, b"", {"Location": place})
        repository = self._open(name, token)
        commit = self._commit(repository, revision)
        blob = repository.commits[commit].get(file)
        if blob is None:
            headers = {"X-Repo-Commit": commit, "X-Error-Code": "EntryNotFound"}
            return self._answer(404, b"Entry not found", headers)
        headers = {"X-Repo-Commit": commit, "ETag": f'"{blob.etag}"', "Accept-Ranges": "bytes"}
        if blob.is_lfs:
            headers["X-Linked-Etag"] = f'"{blob.sha256}"'
            headers["X-Linked-Size"] = str(len(blob.content))
        if blob.is_lfs and self.hub.storage:
            place = f"http://{STORAGE}:{self.hub.port}/storage/{name}/{commit}/{file}"
            return self._answer(302, b"", headers | {"Location": place})
        self._content(blob, headers)

    def _storage(self, path: str) -> None:
        *name, commit, file = path.removeprefix("/storage/").split("/")
        repository = self.hub.repository("/".join(name))
        assert repository is not None, path
        self._content(repository.commits[commit][file], {"Accept-Ranges": "bytes"})

    def _api(self, name: str, verb: str | None, revision: str, token: str) -> None:
        repository = self._open(name, token, read=verb == "auth-check")
        tree = repository.commits[self._commit(repository, revision)]
        if verb == "auth-check":
            return self._json({})
        if verb == "tree":
            return self._json([blob.info() for blob in tree.values()])
        if verb == "paths-info":
            return self._json([tree[p].info() for p in self.form["paths"] if p in tree])
        self._json(
            {
                "id": name,
                "sha": self._commit(repository, revision),
                "gated": "auto" if name in self.hub.gated else False,
                "private": False,
                "tags": [],
                "siblings": [blob.sibling() for blob in tree.values()],
            }
        )

    def _plain(self, path: str) -> None:
        file = (self.hub.root / path.lstrip("/")).resolve()
        if path == "/":
            return self._answer(200, b"a hub on the loopback\n")
        if not file.is_relative_to(self.hub.root.resolve()) or not file.is_file():
            raise Refused(404, "", "Not Found")
        self._content(Blob(path, file.read_bytes()), {"Accept-Ranges": "bytes"})

    def _json(self, value: Any) -> None:
        self._answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _content(self, blob: Blob, headers: dict[str, str]) -> None:
        """The file or what is left of it after the range's start."""
        content, faults = blob.content, self.hub.faults
        if self.command == "GET" and faults.spoils(self.path):
            content = bytes([content[0] ^ 0xFF]) + content[1:]
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if match is None or faults.no_ranges:
            return self._answer(200, content, headers)
        start = int(match[1])
        if start >= len(content):
            return self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        span = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        self._answer(206, content[start:], headers | span)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.hub.faults.next_cut(urlsplit(self.path).path) if status in (200, 206) else None
        if cut is not None:
            body, self.close_connection = body[:cut], True
        self.wfile.write(body)
