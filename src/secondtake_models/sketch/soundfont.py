"""Reads a SoundFont 2 file: presets, zones, samples.

Source: SoundFont Technical Specification 2.04, chapters 5 to 8. Modulators and low-frequency
oscillators are not read; the sampler shapes notes itself.
"""

import importlib.util
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from secondtake.errors import ModelError

FILE_NAME = "TimGM6mb.sf2"  # General MIDI, shipped inside the package pretty_midi
DRUM_BANK = 128

# Generator numbers (specification 8.1.2).
START, END, LOOP_START, LOOP_END = 0, 1, 2, 3
COARSE = {START: 4, END: 12, LOOP_START: 45, LOOP_END: 50}  # the same in steps of 32768 frames
FILTER_CUTOFF, PAN = 8, 17
DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE = 33, 34, 35, 36, 37, 38
INSTRUMENT, KEY_RANGE, VELOCITY_RANGE, ATTENUATION = 41, 43, 44, 48
COARSE_TUNE, FINE_TUNE, SAMPLE_ID, SAMPLE_MODES = 51, 52, 53, 54
SCALE_TUNING, ROOT_KEY = 56, 58
DEFAULTS = {FILTER_CUTOFF: 13500, SCALE_TUNING: 100, ROOT_KEY: -1} | dict.fromkeys(
    (DELAY, ATTACK, HOLD, DECAY, RELEASE), -12000
)
NOT_IN_PRESETS = {*COARSE, *COARSE.values(), SAMPLE_MODES, ROOT_KEY}  # specification 8.5

HEADER = np.dtype(
    [("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("x", "12V")]
)
BAG = np.dtype([("gen", "<u2"), ("mod", "<u2")])
GENERATOR = np.dtype([("number", "<u2"), ("amount", "<i2")])
INST = np.dtype([("name", "S20"), ("bag", "<u2")])
SAMPLE = np.dtype(
    [("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4"),
     ("rate", "<u4"), ("key", "u1"), ("cents", "i1"), ("link", "<u2"), ("type", "<u2")]
)  # fmt: skip
Generators = dict[int, int]
Table = NDArray[np.void]


@dataclass(frozen=True)
class Region:
    """One sample with everything that decides how a key plays it.

    start, end, loop_start, loop_end: frames in the font's sample data. rate: Hz.
    generators: the zone's values, defaults and preset offsets already applied.
    """

    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    root: float
    generators: Generators

    def seconds(self, stage: int) -> float:
        """Length of an envelope stage, stored in timecents."""
        return float(2.0 ** (self.generators[stage] / 1200))


class SoundFont:
    """A loaded font. `samples` is (frames,) float32 in ±1."""

    def __init__(self, path: Path) -> None:
        chunks = _chunks(path.read_bytes())
        self.samples = np.frombuffer(chunks["smpl"], "<i2").astype(np.float32) / 32768
        self._tables = {
            name: np.frombuffer(chunks[name], dtype)
            for name, dtype in {
                "phdr": HEADER, "pbag": BAG, "pgen": GENERATOR,
                "inst": INST, "ibag": BAG, "igen": GENERATOR, "shdr": SAMPLE,
            }.items()
        }  # fmt: skip

    def regions(self, bank: int, program: int, key: int, velocity: int) -> list[Region]:
        """Everything that sounds for one key. Raise KeyError if the font lacks the preset."""
        headers = self._tables["phdr"]
        found = np.flatnonzero((headers["bank"] == bank) & (headers["program"] == program))
        if not len(found) or found[0] == len(headers) - 1:
            raise KeyError(f"{FILE_NAME} has no preset {bank}:{program}")
        regions = []
        for preset in self._zones("p", headers, found[0], key, velocity, INSTRUMENT):
            for zone in self._zones(
                "i", self._tables["inst"], preset[INSTRUMENT], key, velocity, SAMPLE_ID
            ):
                regions.append(self._region(preset, zone))
        return regions

    def _zones(
        self, level: str, headers: Table, index: int, key: int, velocity: int, target: int
    ) -> Iterator[Generators]:
        """Generators of the zones that hold key and velocity, the global zone's beneath."""
        bags, generators = self._tables[f"{level}bag"], self._tables[f"{level}gen"]
        shared: Generators = {}
        for bag in range(headers["bag"][index], headers["bag"][index + 1]):
            span = generators[bags["gen"][bag] : bags["gen"][bag + 1]]
            zone = dict(zip(span["number"].tolist(), span["amount"].tolist(), strict=True))
            if target not in zone:
                shared = zone
            elif _holds(zone, KEY_RANGE, key) and _holds(zone, VELOCITY_RANGE, velocity):
                yield shared | zone

    def _region(self, preset: Generators, zone: Generators) -> Region:
        header = self._tables["shdr"][zone[SAMPLE_ID]]
        values = {number: zone.get(number, DEFAULTS.get(number, 0)) for number in range(60)}
        for number, amount in preset.items():
            if number not in NOT_IN_PRESETS | {INSTRUMENT, KEY_RANGE, VELOCITY_RANGE}:
                values[number] += amount

        def frame(name: str, number: int) -> int:
            return int(header[name]) + values[number] + 32768 * values[COARSE[number]]

        root = values[ROOT_KEY] if values[ROOT_KEY] >= 0 else int(header["key"])
        tuned = root - values[COARSE_TUNE] - (values[FINE_TUNE] + int(header["cents"])) / 100
        return Region(
            frame("start", START), frame("end", END),
            frame("loop_start", LOOP_START), frame("loop_end", LOOP_END),
            int(header["rate"]), tuned, values,
        )  # fmt: skip


@lru_cache(maxsize=1)
def general_midi() -> SoundFont:
    """The General MIDI font of this environment. Raise ModelError("environment") without it."""
    package = importlib.util.find_spec("pretty_midi")
    folders = list(package.submodule_search_locations or []) if package else []
    for folder in folders:
        if (path := Path(folder) / FILE_NAME).is_file():
            return SoundFont(path)
    raise ModelError(
        "environment",
        f"the soundfont {FILE_NAME} is not in this environment",
        "build the environment again: nox -s sketch",
    )


def _holds(zone: Generators, number: int, value: int) -> bool:
    """Whether a range generator (low byte to high byte) holds the value; absent holds all."""
    if number not in zone:
        return True
    low, high = struct.pack("<h", zone[number])
    return low <= value <= high


def _chunks(data: bytes) -> dict[str, bytes]:
    """Every leaf chunk of the RIFF file by name. Raise ModelError("environment") on others."""
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ModelError("environment", f"{FILE_NAME} is damaged", "nox -s sketch -- --rebuild")
    found: dict[str, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"LIST":
            at += 4  # its chunks follow in place; only its own kind is stepped over
            continue
        found[name.decode("latin-1")] = data[at : at + size]
        at += size + size % 2
    return found
