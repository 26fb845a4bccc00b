"""One network of the ONNX format in memory: one thread, no noise, always the same numbers."""

from pathlib import Path
from typing import Any

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
