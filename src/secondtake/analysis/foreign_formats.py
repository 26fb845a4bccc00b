"""Files that are no audio, or audio that is not read here, by their first bytes and with a remedy.

Names are not asked: what a file is called does not decide what it is.
"""

import os
import re
import shlex
from pathlib import Path
from typing import BinaryIO

from secondtake.analysis.mpeg import skip_id3

HEAD = 4096  # bytes in which the kind of a file shows
BOX = 1 << 18  # bytes of either end of an MP4 file in which its codec is named
PACKET = 188  # bytes of an MPEG transport stream's packets

CONVERT, UNPACK, GIVE = "convert", "unpack", "give the audio file itself"
SIGNATURES = (  # place, bytes, what it is, remedy
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM file", CONVERT),
    (0, b"0&\xb2u\x8ef\xcf\x11", "Windows Media", CONVERT),
    (8, b"AVI ", "an AVI video", CONVERT),
    (0, b"FLV\x01", "a Flash video", CONVERT),
    (0, b"\0\0\x01\xba", "an MPEG video", CONVERT),
    (0, b"\0\0\x01\xb3", "an MPEG video", CONVERT),
    (0, b".RMF", "RealMedia", CONVERT),
    (0, b"ADIF", "AAC without a box", CONVERT),
    (0, b"MAC ", "Monkey's Audio", CONVERT),
    (0, b"wvpk", "WavPack", CONVERT),
    (0, b"MP+", "Musepack", CONVERT),
    (0, b"MPCK", "Musepack", CONVERT),
    (0, b"TTA1", "True Audio", CONVERT),
    (0, b"tBaK", "TAK", CONVERT),
    (0, b"DSD ", "DSD", CONVERT),
    (0, b"FRM8", "DSD", CONVERT),
    (0, b"\x0bw", "Dolby AC-3", CONVERT),
    (0, b"\x7f\xfe\x80\x01", "DTS", CONVERT),
    (0, b"#!AMR", "AMR", CONVERT),
    (0, b"MThd", "a MIDI score, which holds no sound", "play it into a wav first"),
    (0, b"PK\x03\x04", "a zip archive", UNPACK),
    (0, b"PK\x05\x06", "an empty zip archive", GIVE),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (0, b"Rar!", "a rar archive", UNPACK),
    (0, b"\x1f\x8b", "gzip", UNPACK),
    (0, b"BZh", "bzip2", UNPACK),
    (0, b"\xfd7zXZ", "xz", UNPACK),
    (0, b"(\xb5/\xfd", "zstd", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
    (0, b"%PDF", "a PDF", GIVE),
    (0, b"\x89PNG", "a picture (PNG)", GIVE),
    (0, b"\xff\xd8\xff", "a picture (JPEG)", GIVE),
    (0, b"GIF8", "a picture (GIF)", GIVE),
    (8, b"WEBP", "a picture (WebP)", GIVE),
    (0, b"\x93NUMPY", "a numpy array", GIVE),
    (0, b"\x7fELF", "a program", GIVE),
    (0, b"SQLite format", "a database", GIVE),
)
MP4_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"skip"})
OGG_CODECS = {  # in the first pages, which name every stream; a video comes before a voice
    b"\x80theora": "a video (Theora in Ogg)",
    b"BBCD": "a video (Dirac in Ogg)",
    b"Speex   ": "Speex in Ogg",
}
LFS = b"version https://git-lfs.github.com/spec/"
MARKUP = re.compile(rb"<(!doctype html|html|head|body|script|meta|title)\b", re.IGNORECASE)


def foreign_format(file: BinaryIO, path: Path) -> str:
    """What the file is and what to do, if it is none of what is read here; else ""."""
    head = _read(file, 0, HEAD)
    if head.startswith(b"ID3"):  # before MP3, but some write it before other formats too
        head = _read(file, skip_id3(head), HEAD) or head
    what, remedy = _kind(file, head)
    if remedy == CONVERT:
        return f"this is {what}, which is not read; {convert_command(path)}"
    if remedy == UNPACK:
        return f"this is {what}; unpack it first"
    return f"this is {what}; {remedy}" if what else ""


def _kind(file: BinaryIO, head: bytes) -> tuple[str, str]:
    """What the file is, and the remedy; twice "" if it may be audio that is read."""
    if not head:
        return "an empty file", "fetch or export it again"
    for place, signature, what, remedy in SIGNATURES:
        if head.startswith(signature, place):
            return what, remedy
    if head[4:8] in MP4_BOXES:
        return _in_mp4(file), CONVERT
    if head[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return "AAC without a box (ADTS)", CONVERT
    if head[0] == 0x47 and head[PACKET : 2 * PACKET + 1 : PACKET] == b"GG":
        return "an MPEG transport stream", CONVERT
    if head.startswith(b"OggS"):
        codec = next((what for name, what in OGG_CODECS.items() if name in head), "")
        return (codec, CONVERT) if codec else ("", "")
    if not head.strip(b"\0") and not _read(file, -HEAD, HEAD).strip(b"\0"):
        return "a file of zeros: its download was not finished", "fetch it again"
    return _text(head)


def _in_mp4(file: BinaryIO) -> str:
    """The codec in an MP4 box; the table that names it stands at one end of the file."""
    ends = _read(file, 0, BOX) + _read(file, -BOX, BOX)
    if b"vide" in ends:  # the kind of a track
        return "a video in an MP4 box"
    for name, codec in ((b"mp4a", "AAC"), (b"alac", "ALAC"), (b"Opus", "Opus"), (b"fLaC", "FLAC")):
        if name in ends:
            return f"{codec} in an MP4 box"
    return "an MP4 box"


def _text(head: bytes) -> tuple[str, str]:
    """The kind of text that a file holds, and the remedy; twice "" if it is none."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(LFS):
        return "a pointer of Git LFS, not the file", "type: git lfs pull"
    if MARKUP.match(text) or (text.startswith(b"<") and MARKUP.search(text)):
        return "a web page, the download was refused", "fetch it again, signed in if need be"
    if not _is_text(head):
        return "", ""
    if text.startswith((b"{", b"[")):
        return "JSON, not audio", "if it is a server's answer, the download was refused"
    if text.startswith(b"<"):
        return "XML, not audio", "if it is a server's answer, the download was refused"
    return "a text file, not audio", GIVE


def _is_text(head: bytes) -> bool:
    """True if the bytes are text in UTF-8 or UTF-16, without control characters."""
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = head[: len(head) // 4 * 4].decode("utf-16" if is_utf16 else "utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 8:  # else the last character is merely cut
            return False
        text = head[: error.start].decode("utf-16" if is_utf16 else "utf-8")
    return all(character.isprintable() or character in "\t\n\r\f" for character in text)


def convert_command(path: Path) -> str:
    """The command that makes a wav of it."""
    target = path.with_suffix(".wav")
    if target == path:
        target = path.with_name(f"{path.stem}-decoded.wav")
    return f"ffmpeg -i {shlex.quote(str(path))} {shlex.quote(str(target))}"


def _read(file: BinaryIO, place: int, count: int) -> bytes:
    """So many bytes from a place, counted from the end if it is below 0."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size + place) if place < 0 else place)
    return file.read(count)
