"""A repository with its commits: the files of a folder, and what was published since."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What the real hub keeps in LFS: named by its sha256 there, all other files by their git id.
LFS_ENDINGS = (".pt", ".th", ".bin", ".ckpt", ".safetensors", ".model")


@dataclass(frozen=True)
class Blob:
    """One version of one file."""

    path: str
    content: bytes

    @property
    def is_lfs(self) -> bool:
        return self.path.endswith(LFS_ENDINGS)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def git_id(self) -> str:
        data = b"blob %d\0" % len(self.content) + self.content
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.is_lfs else self.git_id

    def info(self) -> dict[str, Any]:
        """As /tree and /paths-info tell it."""
        metadata: dict[str, Any] = {
            "type": "file",
            "path": self.path,
            "size": len(self.content),
            "oid": self.git_id,
        }
        if self.is_lfs:
            metadata["lfs"] = {"oid": self.sha256, "size": len(self.content), "pointerSize": 134}
        return metadata

    def sibling(self) -> dict[str, Any]:
        """As the repository's own page tells it."""
        metadata: dict[str, Any] = {
            "rfilename": self.path,
            "size": len(self.content),
            "blobId": self.git_id,
        }
        if self.is_lfs:
            metadata["lfs"] = {"sha256": self.sha256, "size": len(self.content), "pointerSize": 134}
        return metadata


@dataclass
class Repository:
    """All commits of one repository, the last one being main."""

    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, commit: str = "") -> "Repository":
        """The files of a folder as the first commit, whose id may be given."""
        repository = cls()
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        repository.commit(files, commit)
        return repository

    @property
    def main(self) -> str:
        return list(self.commits)[-1]

    def commit(self, files: dict[str, bytes], name: str = "") -> str:
        """Put files over those of main; the new commit's id."""
        before = self.commits[self.main] if self.commits else {}
        tree = before | {path: Blob(path, content) for path, content in files.items()}
        listing = f"{len(self.commits)} " + " ".join(f"{p}={b.git_id}" for p, b in tree.items())
        name = name or hashlib.sha1(listing.encode(), usedforsecurity=False).hexdigest()
        self.commits[name] = tree
        return name

    def resolve(self, revision: str) -> str | None:
        """The commit that a revision means."""
        name = self.main if revision == "main" else revision
        return name if name in self.commits else None
