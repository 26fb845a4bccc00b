"""One network of the ONNX format in memory: one thread, no noise, always the same numbers.

Weights that lie in installed packages, found without importing those, and proven.
"""

from importlib import metadata
from pathlib import Path
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of

ONLY_ERRORS = 3  # onnxruntime's log level


def session(file: Path) -> Any:
    """An inference session on the CPU. One thread: the analysis runs a process for every core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = ONLY_ERRORS
    options.use_deterministic_compute = True
    return onnxruntime.InferenceSession(
        str(file), sess_options=options, providers=["CPUExecutionProvider"]
    )


REMEDY = "delete venv-analysis and type: invoke setup"


def packaged(package: str, path: str, sha256: str) -> Path:
    """A file of an installed package, just checked.

    ModelError environment if the package is not installed, bad_weights if it holds something else
    than what is pinned.
    """
    found = located(package, path, REMEDY)
    actual = sha256_of(found)
    if actual != sha256:
        raise ModelError(
            "bad_weights",
            f"{path} of {package} is not the pinned file: sha256 {actual} instead of {sha256}",
            REMEDY,
        )
    return found


def located(package: str, path: str, remedy: str) -> Path:
    """A file of an installed package; ModelError with the remedy if either is not there."""
    try:
        found = Path(str(metadata.distribution(package).locate_file(path)))
    except metadata.PackageNotFoundError:
        raise ModelError("environment", f"{package} is not installed here", remedy) from None
    if not found.is_file():
        raise ModelError("bad_weights", f"{package} lacks {path}", remedy)
    return found
