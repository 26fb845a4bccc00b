"""Files that a stranger might plant in place of a checkpoint: each costs its writer a few bytes."""

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from tests.pickles import (
    BUILD,
    MARK,
    NUMBERS,
    REDUCE,
    STOP,
    TUPLE,
    call,
    legacy,
    legacy_tensor,
    mapping,
    name,
    plain,
    tensor,
)

MANY = 1_000_000  # instructions, or names
HUGE = 1 << 62
WHOLE = tensor((24,), (1,))
GOOD = mapping({"a": WHOLE})


def put(place: int) -> bytes:
    return b"r" + struct.pack("<I", place)


def get(place: int) -> bytes:
    return b"j" + struct.pack("<I", place)


def laughs(kind: bytes) -> bytes:
    """A value of 60 levels, each of which holds the one below it twice, in one of all of them."""
    pairs = (MARK + get(level) * 2 + kind + put(level + 1) for level in range(100, 160))
    return MARK + plain("ha") + put(100) + b"".join(pairs) + kind


def persistent(*fields: bytes) -> bytes:
    pid = MARK + b"".join(fields) + TUPLE + b"Q"
    hooks = call("collections.OrderedDict")
    shaped = plain(0) + plain((24,)) + plain((1,)) + plain(False)
    return call("torch._utils._rebuild_tensor_v2", pid, shaped, hooks)


def storage(
    kind: bytes = plain("storage"),
    dtype: bytes = name("torch.FloatStorage"),
    key: bytes = plain("0"),
    device: bytes = plain("cpu"),
    items: bytes = plain(24),
    more: bytes = b"",
) -> bytes:
    return persistent(kind, dtype, key, device, items, more)


def rebuilt(*arguments: bytes) -> bytes:
    """A tensor of the good storage, with these for its offset, shape and strides."""
    pid = MARK + plain("storage") + name("torch.FloatStorage") + plain("0") + plain("cpu")
    pid += plain(24) + TUPLE + b"Q"
    rest = plain(False) + call("collections.OrderedDict")
    return call("torch._utils._rebuild_tensor_v2", pid, *arguments, rest)


def beside(value: bytes) -> bytes:
    """A good checkpoint that holds something else too."""
    return mapping({"a": WHOLE, "b": value})


def again(function: str, argument: bytes, times: int) -> bytes:
    """A list of what a function makes of one and the same argument."""
    calls = (name(function) + MARK + get(9) + TUPLE + REDUCE) * times
    return MARK + argument + put(9) + calls + b"l"


def slices(count: int) -> bytes:
    """Many tensors, each of nearly the whole storage."""
    return mapping({f"t{n}": tensor((23 - n % 20,), (1,), n % 2) for n in range(count)})


PICKLES: dict[str, bytes] = {
    "a million instructions": b"N" * MANY,
    "a million places in the memo": plain("x") + b"\x94" * MANY,
    "a million empty sets": b"\x8f" * MANY,
    "a million empty lists": MARK + b"]" * MANY + b"l",
    "a memo of 64 GB": b"N" + put((1 << 32) - 1) + b"0" + GOOD + BUILD,
    "a text of 4 EB": b"\x8d" + struct.pack("<Q", HUGE) + b"x",
    "bytes of 4 EB": b"\x8e" + struct.pack("<Q", HUGE) + b"x",
    "a bytearray of 1 TB": b"\x96" + struct.pack("<Q", 1 << 40) + b"x",
    "a text of 4 GB": b"X" + struct.pack("<I", (1 << 32) - 1) + b"x",
    "a frame of 4 EB": b"\x95" + struct.pack("<Q", HUGE) + GOOD,
    "a number of 4 MB": beside(b"\x8b" + struct.pack("<i", 4 << 20) + b"\x7f" * (4 << 20)),
    "a number of a million digits": beside(b"L" + b"9" * MANY + b"L\n"),
    "a number of negative length": beside(b"\x8b" + struct.pack("<i", -5)),
    "200,000 tuples within each other": beside(b")" + b"\x85" * 200_000),
    "100,000 lists within each other": beside(b"]" * 100_000 + b"a" * 99_999),
    "laughs, in lists": beside(laughs(b"l")),
    "laughs, in tuples": beside(laughs(b"t")),
    "laughs for a key": b"}" + laughs(b"t") + b"Ns",
    "laughs for a storage": beside(storage(key=laughs(b"t"))),
    "laughs for a persistent id": beside(laughs(b"t") + b"Q"),
    "laughs for a shape": beside(rebuilt(plain(0), laughs(b"t"), laughs(b"t"))),
    "laughs for a state": b"}" + laughs(b"t") + BUILD + laughs(b"t") + BUILD,
    "one text 100,000 times": beside(
        MARK + plain("x" * MANY) + put(9) + get(9) * 100_000 + b"l"
    ),
    "a text encoded 50,000 times": beside(
        MARK + plain("x" * MANY) + put(9) + plain("latin1") + put(8)
        + (name("_codecs.encode") + get(9) + get(8) + b"\x86" + REDUCE) * 50_000 + b"l"
    ),
    "a tuple copied 50,000 times": beside(again("torch.Size", plain((0,) * 9999), 50_000)),
    "a dictionary copied 50,000 times": beside(
        again("collections.OrderedDict", plain([[n, n] for n in range(9999)]), 50_000)
    ),
    "keys that share one place": b"}" + MARK + b"".join(
        plain(n * ((1 << 61) - 1)) + b"N" for n in range(1, 40_000)
    ) + b"u",
    "places of the memo that share one": plain("x") + b"".join(
        b"p%d\n" % (n * ((1 << 61) - 1)) for n in range(1, 60_000)
    ),
    "a key of a megabyte": b"}" + plain("k" * MANY) + b"Ns",
    "a list for a key": b"}]Ns",
    "a tensor for a key": b"}" + WHOLE + b"Ns",
    "a key that is no number": b"}" + plain(float("nan")) + b"Ns",
    "stride 0": mapping({"a": tensor((1 << 40,), (0,))}),
    "stride 0 within": mapping({"a": tensor((2, 1 << 30, 3), (12, 0, 4))}),
    "rows that overlap": mapping({"a": tensor((4, 8), (1, 1))}),
    "a shape beyond 2**63": mapping({"a": tensor((1 << 40, 1 << 40), (1 << 40, 1))}),
    "a shape that wraps to 0": mapping({"a": tensor((1 << 32, 1 << 32), (1, 1))}),
    "an empty shape beyond 2**63": mapping({"a": tensor((0, 1 << 40, 1 << 40), (1, 1, 1))}),
    "a size of 400 bits": mapping({"a": rebuilt(plain(0), plain((1 << 400,)), plain((1,)))}),
    "thousands of dimensions": mapping({"a": tensor((1,) * 5000, (1,) * 5000)}),
    "a negative size": mapping({"a": tensor((-24,), (1,))}),
    "a negative stride": mapping({"a": tensor((24,), (-1,), 23)}),
    "a negative offset": mapping({"a": tensor((1,), (1,), -1)}),
    "a size that is true": mapping({"a": rebuilt(plain(0), plain((True,)), plain((1,)))}),
    "a size that is no whole number": mapping(
        {"a": rebuilt(plain(0), plain((2.0,)), plain((1,)))}
    ),
    "a shape that is a text": mapping({"a": rebuilt(plain(0), plain("24"), plain("1"))}),
    "a view beyond its storage": mapping({"a": tensor((24,), (1,), 1)}),
    "a storage beyond the file": mapping({"a": tensor((1 << 40,), (1,), items=1 << 40)}),
    "a storage of negative size": beside(storage(items=plain(-1))),
    "a storage of 2**62": beside(storage(items=plain(HUGE))),
    "a storage of a size that is a text": beside(storage(items=plain("24"))),
    "a storage whose key is a list": beside(storage(key=plain([]))),
    "a storage whose key is a number": beside(storage(key=plain(0))),
    "a storage whose key leads out": beside(storage(key=plain("../../etc/passwd"))),
    "a storage whose type is a text": beside(storage(dtype=plain("F32"))),
    "a storage whose type is a list": beside(storage(dtype=plain([]))),
    "a storage that is a view": beside(storage(more=plain(("0", 0, 24)))),
    "a storage of many fields": beside(storage(more=plain(None) * 9)),
    "another kind of storage": beside(storage(kind=plain("module"))),
    "a persistent id that is a number": beside(plain(7) + b"Q"),
    "a persistent id that is nothing": beside(b"NQ"),
    "a persistent id that is a dictionary": beside(b"}Q"),
    "one storage of two sizes": mapping({"a": WHOLE, "b": tensor((1,), (1,), items=23)}),
    "a storage changed": beside(
        MARK + plain("storage") + name("torch.FloatStorage") + plain("0") + plain("cpu")
        + plain(24) + TUPLE + b"Q" + plain({"items": 1 << 40}) + BUILD
    ),
    "a tensor changed": beside(WHOLE + plain({"shape": (1 << 40,)}) + BUILD),
    "a tensor's slots changed": beside(WHOLE + plain((None, {"shape": (1 << 40,)})) + BUILD),
    "a number's type changed twice": beside(
        call("numpy.dtype", plain("f8"))
        + (plain((3, "<", None, None, None, -1, -1, 0)) + BUILD) * 2
    ),
    "a number's type exchanged": beside(
        call("numpy.dtype", plain("f8")) + plain({"code": "9999999999s"}) + BUILD
    ),
    "a number of a type that is none": beside(
        call("numpy.core.multiarray.scalar", call("numpy.dtype", plain("99999999s")), plain("x"))
    ),
    "a function changed": beside(name("torch._utils._rebuild_tensor_v2") + plain({}) + BUILD),
    "a list changed": beside(b"]" + plain({"append": 1}) + BUILD),
    "items for a tensor": WHOLE + plain(0) + b"Ns",
    "items for a tuple": b")Na",
    "a class made": beside(name("collections.OrderedDict") + b")\x81"),
    "an object made": beside(MARK + name("collections.OrderedDict") + b"o"),
    "an instance": beside(MARK + b"icollections\nOrderedDict\n"),
    "an extension": beside(b"\x82\x01"),
    "a name from the stack": beside(plain("os") + plain("system") + b"\x93"),
    "a name that is a list": beside(plain([]) + plain("system") + b"\x93"),
    "a call of a text": beside(plain("os.system") + plain(("true",)) + REDUCE),
    "arguments that are a list": beside(name("torch.Size") + plain([[1]]) + REDUCE),
    "1,000 tensors of the same numbers": slices(1000),
    "a tensor named as the header": mapping({"__metadata__": WHOLE}),
    "a tensor's name of two lines": mapping({"a\n\x1b[2J": WHOLE}),
    "half a character for a name": mapping({"\ud800": WHOLE}),
    "nothing on the stack": TUPLE + REDUCE + BUILD,
    "a mark left over": MARK,
    "nothing": b"N" * 9,
}  # fmt: skip

Members = dict[str, bytes]
STORED: Members = {
    "a/data.pkl": b"\x80\x02" + GOOD + STOP, "a/byteorder": b"little", "a/data/0": NUMBERS.tobytes()
}  # fmt: skip


def packed(
    members: Members = STORED, kind: int = zipfile.ZIP_STORED, more: Members | None = None
) -> bytes:
    """A zip of these members, and of `more`, whatever their names."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for member, content in [*members.items(), *(more or {}).items()]:
            archive.writestr(zipfile.ZipInfo(member), content, kind)
    return stream.getvalue()


def listed(data: bytes, member: str, offset: int, value: bytes) -> bytes:
    """The zip with other bytes in a member's entry of the list at its end."""
    start = data.rindex(b"PK\1\2", 0, data.rindex(member.encode()))
    return data[: start + offset] + value + data[start + offset + len(value) :]


def ended(data: bytes, offset: int, value: bytes) -> bytes:
    """The zip with other bytes in its last record."""
    start = data.rindex(b"PK\5\6")
    return data[: start + offset] + value + data[start + offset + len(value) :]


def zip64(data: bytes) -> bytes:
    """The zip, whose storage has 4 EB by the extra field that large files have."""
    extra = struct.pack("<HHQQ", 1, 16, HUGE, HUGE)
    start = data.rindex(b"PK\1\2")
    entry = bytearray(data[start : data.rindex(b"PK\5\6")])
    entry[20:28] = b"\xff" * 8
    entry[30:32] = struct.pack("<H", len(extra))
    rest = bytes(entry) + extra
    size = len(data) - 22 - data.index(b"PK\1\2") + len(extra)
    return ended(data[:start] + rest + data[-22:], 12, struct.pack("<I", size))


def many_members() -> bytes:
    """A good zip, whose list names one of its members 100,000 times."""
    data = packed()
    start = data.index(b"PK\1\2")
    entries = data[start : data.rindex(b"PK\5\6")]
    entry = entries[: entries.index(b"PK\1\2", 4)]
    listing = entries + entry * 100_000
    return ended(data[:start] + listing + data[-22:], 12, struct.pack("<I", len(listing)))


def bomb() -> bytes:
    return packed({**STORED, "a/data.pkl": b"N" * (64 << 20)}, zipfile.ZIP_DEFLATED)


ZIPS: dict[str, Callable[[], bytes]] = {
    "a zip bomb": bomb,
    "compressed members": lambda: packed(kind=zipfile.ZIP_DEFLATED),
    "members compressed another way": lambda: packed(kind=zipfile.ZIP_LZMA),
    "a member compressed by its own header alone": lambda: packed().replace(
        b"PK\3\4\x14\0\0\0\0\0", b"PK\3\4\x14\0\0\0\x08\0", 1
    ),
    "a pickle of 20 MB": lambda: packed({**STORED, "a/data.pkl": b"N" * (20 << 20)}),
    "two pickles": lambda: packed(more={"b/data.pkl": STORED["a/data.pkl"]}),
    "no pickle": lambda: packed({"a/data/0": b"1234"}),
    "a member twice": lambda: packed(more={"a/data/0": b"1234"}),
    "a name that leads out": lambda: packed(more={"a/../../evil": b"1234"}),
    "a name from the root": lambda: packed(more={"/etc/passwd": b"1234"}),
    "members that overlap": lambda: listed(packed(), "a/byteorder", 42, struct.pack("<I", 0)),
    "a member outside": lambda: listed(packed(), "a/data/0", 42, struct.pack("<I", 1 << 31)),
    "a member longer than the file": lambda: listed(
        packed(), "a/data/0", 20, struct.pack("<II", 1 << 31, 1 << 31)
    ),
    "4 EB by ZIP64": lambda: zip64(packed()),
    "an encrypted member": lambda: listed(packed(), "a/data/0", 8, b"\1\0"),
    "a pickle of another sum": lambda: listed(packed(), "a/data.pkl", 16, b"1234"),
    "100,000 members": many_members,
    "a list of members of 4 GB": lambda: ended(packed(), 12, b"\xfe\xff\xff\xff"),
    "a list of members elsewhere": lambda: ended(packed(), 16, b"\xfe\xff\xff\x7f"),
    "numbers the other way round": lambda: packed({**STORED, "a/byteorder": b"big"}),
    "a storage cut short": lambda: packed({**STORED, "a/data/0": b"1234"}),
    "a zip cut short": lambda: packed()[:-9],
    "no more than a beginning": lambda: b"PK\3\4",
}
OLD = mapping({"a": legacy_tensor((24,), (1,))})
LEGACY: dict[str, Callable[[], bytes]] = {
    "an old file whose storage has a negative size": lambda: legacy(OLD, items=-(1 << 40)),
    "an old file whose storage has another size": lambda: legacy(OLD, items=1 << 60),
    "an old file with one storage twice": lambda: legacy(OLD, keys=plain(["0", "0"])),
    "an old file with no storage": lambda: legacy(OLD, keys=plain([])),
    "an old file with foreign storages": lambda: legacy(OLD, keys=plain(["1"])),
    "an old file whose storages are numbers": lambda: legacy(OLD, keys=plain(7)),
    "an old file whose storage has no name": lambda: legacy(OLD, keys=plain([[]])),
    "an old file of no system": lambda: legacy(OLD, system=plain(7)),
    "an old file of another system": lambda: legacy(OLD, system=plain({"little_endian": 0})),
    "an old file of a million instructions": lambda: legacy(b"N" * MANY),
    "an old file without an end": lambda: legacy(b"N" * (9 << 20)),
    "an old file with a memo of 64 GB": lambda: legacy(b"N" + put((1 << 32) - 1) + b"N"),
    "an old file cut short": lambda: legacy(OLD)[:-4],
    "an old file that ends after its first number": lambda: legacy(OLD)[:16],
    "an empty file": lambda: b"",
    "a page of the web": lambda: b"<!doctype html><title>404</title>",
}


def as_zip(program: bytes) -> Callable[[], bytes]:
    return lambda: packed({**STORED, "a/data.pkl": b"\x80\x02" + program + STOP})


CHECKPOINTS: dict[str, Callable[[], bytes]] = {
    **{label: as_zip(program) for label, program in PICKLES.items()}, **ZIPS, **LEGACY
}  # fmt: skip


def plant(label: str, folder: Path) -> Path:
    """Write one of them."""
    path = folder / "planted.pt"
    path.write_bytes(CHECKPOINTS[label]())
    return path
