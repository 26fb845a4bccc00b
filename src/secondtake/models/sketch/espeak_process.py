"""A program: speaks a list of utterances with espeak-ng, in a process of its own.

The library keeps state between utterances, is not thread-safe, and its noise goes on where the
last call left it. A fresh process with fixed seeds makes the same utterances sound the same.
Standard library and espeakng_loader only; run as a file, it needs nothing of this package.

stdin: JSON list of {"text", "voice", "rate", "pitch", "pitch_range", "gap"}. stdout: for each
utterance one line {"sample_rate", "frames", "phonemes": [[frame, espeak mnemonic], …]} and then
its frames, 16-bit little-endian mono.
Exit code 3 with one line on stderr if the library cannot be used, 4 for an unknown voice.
"""

import ctypes
import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

SEED = 1
# espeak_ng's speak_lib.h (version 1.52).
RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL
OPTIONS = 0x0001 | 0x8000  # PHONEME_EVENTS, DONT_EXIT
RATE, PITCH, RANGE, WORD_GAP = 1, 3, 4, 7
PHONEME = 7
UTF_8 = 1
NO_VOICE = 4  # exit code


class Event(ctypes.Structure):
    """espeak_EVENT; `name` is its union, as raw bytes."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
)


class Speaker:
    """The loaded library with the callback that gathers what it says."""

    def __init__(self) -> None:
        import espeakng_loader

        self.espeak = ctypes.CDLL(espeakng_loader.get_library_path())
        self.frames = bytearray()
        self.phonemes: list[list[Any]] = []
        self._callback = Callback(self._gather)  # kept: the library holds only its address
        data = Path(espeakng_loader.get_data_path())
        os.chdir(data.parent)  # the library cuts a path of more than 160 characters
        self.sample_rate = self.espeak.espeak_Initialize(RETRIEVAL, 0, data.name.encode(), OPTIONS)
        if self.sample_rate <= 0:
            raise OSError(f"espeak_Initialize returned {self.sample_rate} for the data in {data}")
        self.espeak.espeak_SetSynthCallback(self._callback)
        self.espeak.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
        ctypes.CDLL(None).srand(SEED)

    def say(self, text: str, voice: str, rate: int, pitch: int, pitch_range: int, gap: int) -> None:
        """Fill `frames` and `phonemes`."""
        self.frames.clear()
        self.phonemes.clear()
        if self.espeak.espeak_SetVoiceByName(voice.encode()):
            raise LookupError(f"espeak-ng has no voice {voice!r}")
        values = {RATE: rate, PITCH: pitch, RANGE: pitch_range, WORD_GAP: gap}
        for parameter, value in values.items():
            self.espeak.espeak_SetParameter(parameter, value, 0)
        data = text.encode()
        size = ctypes.c_size_t(len(data) + 1)
        code = self.espeak.espeak_Synth(data, size, 0, UTF_8, 0, UTF_8, None, None)
        if code or self.espeak.espeak_Synchronize():
            raise OSError(f"espeak_Synth failed on {text!r} ({code})")

    def _gather(self, samples: Any, count: int, events: Any) -> int:
        index = 0
        while (event := events[index]).type:
            if event.type == PHONEME:
                self.phonemes.append([event.sample, event.name.decode("utf-8", "replace")])
            index += 1
        if samples and count > 0:
            self.frames += ctypes.string_at(samples, 2 * count)
        return 0


def main() -> int:
    """Speak the list on stdin; the sound goes to stdout."""
    try:
        speaker = Speaker()
        for request in json.load(sys.stdin):
            speaker.say(**request)
            count = len(speaker.frames) // 2
            facts = {"sample_rate": speaker.sample_rate, "frames": count}
            head = facts | {"phonemes": speaker.phonemes}
            frames = struct.pack(f"<{count}h", *struct.unpack(f"={count}h", speaker.frames))
            sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + frames)
    except (ImportError, OSError, AttributeError) as error:
        print(error, file=sys.stderr)
        return 3
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return NO_VOICE
    return 0


if __name__ == "__main__":
    sys.exit(main())
