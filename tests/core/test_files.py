"""Files are whole or absent, whatever happens to who writes them."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secondtake.core.files import (
    canonical,
    remove_tree,
    replacing,
    sha256_of,
    write_json,
    write_text,
)

SRC = Path(__file__).parents[2] / "src"
WRITE_FOREVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from secondtake.core.files import replacing
path, turn = Path(sys.argv[2]), 0
while True:
    turn += 1
    with replacing(path) as file:
        for _ in range(64):
            file.write(bytes([48 + turn % 10]) * 4096)
    if turn == 1:
        print("one is whole", flush=True)
"""
FILL_THE_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from secondtake.core.files import write_text
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_text(Path(sys.argv[2]), "n" * 5000)
except OSError as error:
    print("OSError")
"""


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


def test_a_file_appears_when_its_block_ends(tmp_path):
    path = tmp_path / "new" / "file"
    with replacing(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole" and leftovers(path.parent) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_in_the_block_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(error), replacing(path) as file:
        file.write(b"half of the n")
        raise error
    assert path.read_bytes() == b"old" and leftovers(tmp_path) == []


def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path):
    path = tmp_path / "file"
    with replacing(path) as file:
        file.write(b"0" * 64 * 4096)
    for turn in range(10):
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", WRITE_FOREVER, str(SRC), str(path)],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.003 + 0.0037 * turn)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        data = path.read_bytes()
        assert len(data) == 64 * 4096 and len(set(data)) == 1


def test_a_disk_that_refuses_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    command = [sys.executable, "-I", "-S", "-c", FILL_THE_DISK, str(SRC), str(path)]
    message = subprocess.run(command, capture_output=True, text=True, check=True)
    assert message.stdout.strip() == "OSError", message.stderr
    assert path.read_text() == "old" and leftovers(tmp_path) == []


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no right to mount a small disk here")
    try:
        write_text(disk / "file", "old")
        with pytest.raises(OSError, match="No space left"):
            write_text(disk / "file", "n" * 100_000)
        assert (disk / "file").read_text() == "old" and leftovers(disk) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_equal_file_is_left_untouched(tmp_path):
    path = tmp_path / "file"
    assert write_text(path, "same")
    os.utime(path, ns=(1, 1))
    before = path.stat()
    assert not write_text(path, "same")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (1, before.st_ino)
    assert write_text(path, "other") and path.read_text() == "other"


def test_new_files_have_the_rights_that_the_user_gives_files(tmp_path):
    write_text(tmp_path / "ours", "x")
    (tmp_path / "plain").touch()
    ours, plain = (stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "plain"))
    assert ours == plain


def test_equal_values_are_equal_bytes(tmp_path):
    write_json(tmp_path / "a", {"b": 1, "a": "é"})
    write_json(tmp_path / "b", {"a": "é", "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text()) == {"a": "é", "b": 1}


def test_json_has_no_nan_and_survives_names_that_are_no_text(tmp_path):
    with pytest.raises(ValueError, match=r"Out of range|not JSON compliant"):
        write_json(tmp_path / "nan", {"x": float("nan")})
    write_json(tmp_path / "odd", {"x": "caf\udce9"})
    assert json.loads((tmp_path / "odd").read_text()) == {"x": "caf\udce9"}


def test_the_hash_is_sha256_and_the_listener_hears_every_byte(tmp_path):
    data = os.urandom((1 << 20) + 5)
    (tmp_path / "file").write_bytes(data)
    lengths: list[int] = []
    assert sha256_of(tmp_path / "file", lengths.append) == hashlib.sha256(data).hexdigest()
    assert lengths == [1 << 20, 5]


def test_the_canonical_form_knows_no_order_and_tells_values_apart():
    assert canonical({"b": 1, "a": (2,)}) == '{"a":[2],"b":1}'
    assert canonical([1]) != canonical(["1"])


def test_a_folder_is_removed_whatever_its_owner_may_not_do_there(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "kept").mkdir(0o555)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "a" / "b" / "file").touch()
    (tmp_path / "a" / "b").chmod(0)
    (tmp_path / "a").chmod(0o555)
    remove_tree(tmp_path / "a")
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o555
