"""A program: speaks a list of utterances with espeak-ng, in a process of its own.

The library keeps state between utterances, is not thread-safe, and its noise goes on where the
last call left it. A fresh process with fixed seeds makes the same utterances sound the same.
Standard library and espeakng_loader only; run as a file, it needs nothing of this package.

stdin: JSON list of {"text", "voice", "rate", "pitch"}. stdout: for each utterance one line
{"sample_rate", "frames", "events": [[kind, frame, name], …]} and then its frames, 16-bit
little-endian mono. kind: "word" (name: where its text starts) or "phoneme" (espeak mnemonic).
Exit code 3 with one line on stderr if the library cannot be used, 4 for an unknown voice.
"""

import ctypes
import json
import struct
import sys
from typing import Any

SEED = 1
# espeak_ng's speak_lib.h (version 1.52).
RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL
OPTIONS = 0x0001 | 0x8000  # PHONEME_EVENTS, DONT_EXIT
RATE, PITCH, RANGE = 1, 3, 4
WORD, PHONEME = 1, 7
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
        self.events: list[list[Any]] = []
        self._callback = Callback(self._gather)  # kept: the library holds only its address
        data = espeakng_loader.get_data_path().encode()
        self.sample_rate = self.espeak.espeak_Initialize(RETRIEVAL, 0, data, OPTIONS)
        if self.sample_rate <= 0:
            raise OSError(f"espeak_Initialize returned {self.sample_rate} for the data in {data!r}")
        self.espeak.espeak_SetSynthCallback(self._callback)
        self.espeak.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
        ctypes.CDLL(None).srand(SEED)

    def say(self, text: str, voice: str, rate: int, pitch: int) -> None:
        """Fill `frames` and `events`; the pitch stays level, for the singing to move it."""
        self.frames.clear()
        self.events.clear()
        if self.espeak.espeak_SetVoiceByName(voice.encode()):
            raise LookupError(f"espeak-ng has no voice {voice!r}")
        for parameter, value in ((RATE, rate), (PITCH, pitch), (RANGE, 0)):
            self.espeak.espeak_SetParameter(parameter, value, 0)
        data = text.encode()
        size = ctypes.c_size_t(len(data) + 1)
        code = self.espeak.espeak_Synth(data, size, 0, UTF_8, 0, UTF_8, None, None)
        if code or self.espeak.espeak_Synchronize():
            raise OSError(f"espeak_Synth failed on {text!r} ({code})")

    def _gather(self, samples: Any, count: int, events: Any) -> int:
        index = 0
        while (event := events[index]).type:
            if event.type == WORD:
                self.events.append(["word", event.sample, str(event.text_position)])
            elif event.type == PHONEME:
                self.events.append(["phoneme", event.sample, event.name.decode("utf-8", "replace")])
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
            head = {"sample_rate": speaker.sample_rate, "frames": count, "events": speaker.events}
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
