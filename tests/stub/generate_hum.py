"""Hum a sine: the smallest page there can be. Installed into scratch projects by the tests.

A segment's mood says what to do instead. What a load does instead is a word of the file `loading`
in the project: each load takes the first one away.
"""

import array
import ctypes
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from secondtake.core.cli import main
from secondtake.core.errors import ModelError
from secondtake.core.generate import CPU, GeneratedAudio, LoadedModel
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, ModelSpec, Parameter

HUM = ModelSpec(
    name="hum",
    title="Hum",
    roles=("vocal", "instrumental"),
    sample_rate=8000,
    channels=1,
    bandwidth_hz=4000,
    exact_length=True,
    code_licence="MIT",
    devices=("cpu",),
    imports=(),
    environment_bytes=1,
    checkpoints=(
        Checkpoint("low", "A low hum"),
        Checkpoint("high", "A high hum"),
        Checkpoint("choir", "Three who hum at once"),
    ),
    parameters=(Parameter("mood", "calm", "what to do instead of humming", choices=(
        "calm", "refuse", "crash", "die", "exit", "once", "hang", "stubborn", "offspring", "shy",
        "print", "slow", "heavy", "loud", "lose", "lose once")),),
)  # fmt: skip
MODELS["hum"] = HUM
HERTZ = {"low": 110.0, "high": 440.0, "choir": 220.0}
VOICES = 3  # of the choir
LOST = "CUDA error: an illegal memory access was encountered\nFor debugging consider passing"


class Samples:
    """As much of a numpy array as the core asks for, so that the stub needs no numpy."""

    def __init__(self, values, pcm=array.array):
        self.values = values
        self.pcm = pcm

    @property
    def ndim(self):
        return 2

    @property
    def shape(self):
        return (len(self.values), 1)

    def __abs__(self):
        return Samples([abs(v) for v in self.values])

    def __lt__(self, other):
        return Samples([v < other for v in self.values])

    def __mul__(self, factor):
        return Samples([v * factor for v in self.values], self.pcm)

    def all(self):
        return all(self.values)

    def max(self):
        return max(self.values)

    def round(self):
        return Samples([round(v) for v in self.values], self.pcm)

    def astype(self, dtype):
        assert dtype == "<i2"
        return self.pcm("h", self.values)


class HeavyArray(array.array):
    """What takes a second to be written, once its file is open."""

    def tobytes(self):
        time.sleep(1.0)
        return super().tobytes()


def load(checkpoint, device, weights):
    print("a model says hello on stdout")
    script = root() / "loading"
    if words := script.read_text().split() if script.exists() else []:
        script.write_text(" ".join(words[1:]))
        act(words[0], "loading")
    generate, several = (lambda *arguments: hum(*arguments, HERTZ[checkpoint])), {}
    if checkpoint == "choir":
        generate, several = None, {"batch": VOICES, "generate_batch": hum_together}
    return LoadedModel(generate, CPU, "float32", **several)


def hum_together(jobs, progress):
    """Hum several at once: the shortest ends first, and who refuses stops no other."""
    for job in sorted(jobs, key=lambda job: job.seconds):
        if job.settings["mood"] == "shy" and len(jobs) > 1:  # it dies of company, not of the job
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            yield job, hum(job, progress, HERTZ["choir"])
        except ModelError as error:
            yield job, error


def root():
    return Path(os.environ["SECONDTAKE_ROOT"])


def act(mood, name):
    """What some moods do instead of humming, or of loading; `name` of the job."""
    if mood == "refuse":
        raise ModelError("unsupported", "it does not want to hum", "cheer it up")
    if mood == "crash":
        raise RuntimeError("a bug in the hum")
    died = root() / f"died-{name}"
    if mood in ("once", "lose once") and not died.exists():  # the first time
        died.touch()
        mood = {"once": "die", "lose once": "lose"}[mood]
    if mood == "lose":
        raise RuntimeError(LOST)
    if mood in ("die", "exit"):
        print(f"the last words of {name}\a", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL) if mood == "die" else os._exit(7)
    if mood == "hang":
        time.sleep(3600)
    if mood == "stubborn":  # no thread of Python's runs meanwhile: nothing but SIGKILL ends it
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        ctypes.PyDLL(None).sleep(3600)
    if mood == "offspring":  # it leaves our process group, and does not end if it is asked to
        stay = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(3600)"
        subprocess.Popen([sys.executable, "-c", stay], start_new_session=True)
    if mood == "print":
        os.write(1, b'{"type": "result"}\nnot a message\n')
        print("and again")


def hum(job, progress, hertz):
    mood = job.settings["mood"]
    act(mood, job.name)
    frames = round(job.seconds * HUM.sample_rate)
    if mood in ("slow", "offspring"):
        for step in range(200):
            progress("humming", step, 200)
            time.sleep(0.05)
    progress("humming", frames, frames)
    level = 4.0 if mood == "loud" else 0.5
    turn = 2 * math.pi * (hertz + job.seed % 7) / HUM.sample_rate
    wave = [level * math.sin(turn * n) for n in range(frames)]
    return GeneratedAudio(Samples(wave, HeavyArray if mood == "heavy" else array.array))


if __name__ == "__main__":
    sys.exit(main(HUM, load))
