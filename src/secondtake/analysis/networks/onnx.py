"""Networks of the ONNX format, and weights that lie in installed packages.

A session computes on one thread and gives the same numbers every time. The packages are never
imported; the sha256 of a file in them is checked.
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


def pinned_package_file(package: str, path: str, sha256: str) -> Path:
    """A file of an installed package, just checked.

    ModelError environment if the package is not installed, bad_weights if it holds something else
    than what is pinned.
    """
    file = package_file(package, path, REMEDY)
    if (actual := sha256_of(file)) != sha256:
        raise ModelError(
            "bad_weights",
            f"{path} of {package} is not the pinned file: sha256 {actual} instead of {sha256}",
            REMEDY,
        )
    return file


def package_file(package: str, path: str, remedy: str) -> Path:
    """A file of an installed package; ModelError with the remedy if either is not there."""
    try:
        file = Path(str(metadata.distribution(package).locate_file(path)))
    except metadata.PackageNotFoundError:
        raise ModelError("environment", f"{package} is not installed here", remedy) from None
    if not file.is_file():
        raise ModelError("bad_weights", f"{package} lacks {path}", remedy)
    return file
