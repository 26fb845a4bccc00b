import gzip
import io
import shlex
import tarfile
import zipfile

import numpy as np
import pytest
import soundfile

from secondtake.analysis.audio_io import AudioError, read, read_header
from secondtake.analysis.foreign_formats import foreign_format


def archive(kind: str) -> bytes:
    """A zip, gzip or tar file that holds a wav."""
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as zipped:
            zipped.writestr("a.wav", b"RIFF")
    elif kind == "tar":
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("a.wav"))
    else:
        file.write(gzip.compress(b"RIFF", mtime=0))  # a time would be in the tests' names
    return file.getvalue()


def mp4(brand: bytes, *words: bytes) -> bytes:
    """The beginning and the end of an MP4 file whose tables hold these words."""
    head = b"\0\0\0\x1cftyp" + brand + bytes(16)
    return head + b"\0\0\x94\0mdat" + bytes(600_000) + b"moov" + b"\0".join(words)


CASES = [
    (mp4(b"M4A ", b"soun", b"mp4a"), "AAC in an MP4 box, which is not read; ffmpeg -i"),
    (mp4(b"M4A ", b"soun", b"alac"), "ALAC in an MP4 box"),
    (mp4(b"isom", b"vide", b"avc1", b"mp4a"), "a video in an MP4 box"),
    (b"\x1aE\xdf\xa3" + bytes(50) + b"webm", "a Matroska or WebM file, which is not read; ffmpeg"),
    (b"OggS" + bytes(24) + b"\x80theora" + bytes(200), "a video (Theora in Ogg)"),
    (b"OggS" + bytes(24) + b"Speex   1.2" + bytes(200), "Speex in Ogg"),
    (b"\xff\xf1P\x80" + bytes(400), "AAC without a box (ADTS)"),
    (b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + b"\xff\xf1P\x80" + bytes(99), "AAC without a box"),
    (b"RIFF\0\0\0\0AVI LIST", "an AVI video"),
    (b"wvpk" + bytes(90), "WavPack"),
    (b"MThd\0\0\0\6", "a MIDI score, which holds no sound"),
    (b"<!DOCTYPE html><html><body>403</body></html>" * 9, "a web page, the download was refused"),
    (b"\xef\xbb\xbf\n  <HTML lang='en'>", "a web page, the download was refused"),
    (b"<!-- saved --><html>", "a web page"),
    (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML, not audio"),
    (b'{"error": "not found"}', "JSON, not audio; if it is a server's answer"),
    ("Grüße, ein Lied".encode(), "a text file, not audio"),
    ("Lied ♪".encode("utf-16"), "a text file, not audio"),
    (("é" * 4000).encode()[:-1], "a text file, not audio"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "type: git lfs pull"),
    (archive("zip"), "a zip archive; unpack it first"),
    (archive("gzip"), "gzip; unpack it first"),
    (archive("tar"), "a tar archive; unpack it first"),
    (b"\x89PNG\r\n\x1a\n" + bytes(50), "a picture (PNG)"),
    (b"", "an empty file; fetch or export it again"),
    (bytes(100_000), "a file of zeros"),
]


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.raw", "a.vox", "a"])
@pytest.mark.parametrize(("content", "words"), CASES)
def test_a_file_is_named_by_its_content_whatever_it_is_called(
    tmp_path, content, words, name, capfd
):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AudioError, match="not readable as audio: this is ") as error:
        read(path)
    assert words in str(error.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("WAV", "PCM_16"), ("AIFF", None), ("AU", None), ("CAF", None), ("FLAC", None), ("OGG", None),
     ("OGG", "OPUS"), ("MP3", None), ("W64", None), ("RF64", None), ("VOC", None), ("NIST", None),
     ("IRCAM", None), ("PVF", None), ("MAT5", None)],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.m4a", "a.raw", "a.wav"])
def test_audio_is_read_under_any_name(tmp_path, sounds, container, subtype, name):
    samples = sounds.pink(1, 24_000)
    file = io.BytesIO()
    soundfile.write(file, samples, 24_000, subtype, format=container)
    path = tmp_path / name
    path.write_bytes(file.getvalue())
    assert read(path).seconds == pytest.approx(1, abs=0.05)


def test_silence_is_no_file_of_zeros(tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros(8000), 8000)
    assert read_header(tmp_path / "still.wav").seconds == 1


@pytest.mark.parametrize(
    ("name", "target"), [("my song.m4a", "my song.wav"), ("a.wav", "a-decoded.wav")]
)
def test_the_command_can_be_typed_as_it_stands(tmp_path, name, target):
    complaint = foreign_format(io.BytesIO(mp4(b"M4A ", b"mp4a")), tmp_path / name)
    command = shlex.split(complaint.split("; ")[1])
    assert command == ["ffmpeg", "-i", str(tmp_path / name), str(tmp_path / target)]


def test_noise_is_said_to_be_unknown(tmp_path, capfd):
    path = tmp_path / "noise.mp3"
    path.write_bytes(np.random.default_rng(1).bytes(200_000))
    with pytest.raises(AudioError, match=r"not readable as audio \(.*\); wav, aiff, flac"):
        read(path)
    assert capfd.readouterr() == ("", "")
