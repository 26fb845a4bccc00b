"""Listen to the loudest sample: the smallest judge there can be, installed by the tests.

The file `ear.json` in the project says what to do instead, by the name of a recording: refuse,
crash (always) or once (crash the first time); "load" of a load that fails or crashes.
"""

import importlib.util
import json
import os
import sys
import time
import wave
from array import array
from pathlib import Path

from secondtake.core.errors import ModelError
from secondtake.core.generate import CPU
from secondtake.core.judge_script import LoadedJudge, main
from secondtake.core.judgments import Judgment, Reading
from secondtake.core.project import find_project
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.judge import HIGHER, JudgeScale, JudgeSpec
from secondtake.core.registry.spec import Checkpoint

EAR = JudgeSpec(
    name="ear",
    title="Ear",
    question="loudness",
    asks="how loud a take is",
    scales=(JudgeScale("peak", "full scale", HIGHER, 0.1, "halved copies", "How loud it is."),),
    code_licence="MIT",
    devices=("cpu",),
    imports=(),
    environment_bytes=1,
    checkpoints=(Checkpoint("left", "Left ear"), Checkpoint("right", "Right ear")),
)
JUDGES["ear"] = EAR
HUM = Path(__file__).with_name("generate_hum.py")  # the model whose takes there are to hear
if "hum" not in MODELS:
    page = importlib.util.spec_from_file_location("generate_hum", HUM)
    page.loader.exec_module(importlib.util.module_from_spec(page))
HEARD = "ear.log"  # in the project: the recordings that were really heard, a line each


def load(checkpoint, device, weights):
    if mood := moods().get("load"):
        if mood == "crash":
            os._exit(7)
        raise ModelError("unsupported", "it is deaf", "shout")
    return LoadedJudge(judge, CPU)


def judge(job, progress):
    mood = moods().get(job.recording)
    if mood == "once" or mood == "crash":
        if mood == "once":
            write(moods() | {job.recording: ""})
        os._exit(9)
    if mood == "refuse":
        raise ModelError("unsupported", "it hurts", "make it softer")
    progress("listening", 1, 1)
    with (find_project(Path(__file__)).root / HEARD).open("a") as log:
        print(job.recording, file=log)
    time.sleep(float(moods().get("seconds", 0)))
    with wave.open(job.file) as wav:
        samples = array("h", wav.readframes(wav.getnframes()))
        seconds = wav.getnframes() / wav.getframerate()
    peak = max(map(abs, samples), default=0) / 32768
    return Judgment(((0.0, seconds),), {"peak": Reading((peak,), {"half": (peak / 2,)})})


def moods():
    path = find_project(Path(__file__)).root / "ear.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def write(value):
    (find_project(Path(__file__)).root / "ear.json").write_text(json.dumps(value))


if __name__ == "__main__":
    sys.exit(main(EAR, load))
