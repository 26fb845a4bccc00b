"""What a checkpoint hears: python lyrics_probe.py CHECKPOINT FOLDER ASKED, in venv-lyrics.

ASKED: JSON, [file in FOLDER, languages, what is said in it] each. Prints JSON by file: the text,
the spans' languages, whether it is heard so again, and the character errors of the words.
"""

import json
import sys
from pathlib import Path
from typing import Any

from secondtake.analysis.lyrics.text import character_error_rate, normalise
from secondtake.core.judgments import JudgeJob
from secondtake.core.project import find_project
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.weights import verified_weights
from secondtake.judges.whisper import load_whisper


def quiet(phase: str, done: int, total: int) -> None:
    pass


def main(checkpoint: str, folder: Path, asked: list[Any]) -> dict[str, Any]:
    weights = verified_weights(find_project(), WHISPER, WHISPER.checkpoint(checkpoint))
    judge = load_whisper(checkpoint, weights).judge
    told = {}
    for name, languages, sentence in asked:
        path = str(folder / name)
        job = JudgeJob(WHISPER.name, checkpoint, name, path, "", languages=tuple(languages))
        spans, again = judge(job, quiet).spans, judge(job, quiet).spans
        text = " ".join(span.text for span in spans)
        told[name] = {
            "same": spans == again,
            "text": text,
            "letters": len(" ".join(normalise(sentence))),
            "languages": [span.language for span in spans],
            "cer": character_error_rate(normalise(sentence), normalise(text)),
        }
    return told


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))))
