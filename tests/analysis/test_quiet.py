import os
import subprocess
import sys
from threading import Thread

import pytest

from secondtake.analysis.quiet import quiet_libraries

PROGRAM = """
import os, sys
from threading import Barrier, Thread
from secondtake.analysis.quiet import quiet_libraries

inside, outside = Barrier(2), Barrier(2)

def decode():
    with quiet_libraries():
        os.write(2, b"noise of a library")
        inside.wait()
        outside.wait()
        os.write(2, b"noise of a library")

print("before", file=sys.stderr)
kept = sys.stderr
with quiet_libraries():
    thread = Thread(target=decode)
    thread.start()
    inside.wait()
    print("ours inside", file=sys.stderr, flush=True)
    held = sys.stderr
print("ours while another thread decodes", file=sys.stderr)
outside.wait()
thread.join()
assert sys.stderr is kept
held.write("late ")
print("after", file=sys.stderr)
os.write(2, b"libraries again\\n")
"""


def test_ours_arrives_and_theirs_does_not_in_any_thread():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    assert done.stderr.decode().splitlines() == [
        "before",
        "ours inside",
        "ours while another thread decodes",
        "late after",
        "libraries again",
    ]


def test_an_error_inside_leaves_stderr_as_it_was(capfd):
    with pytest.raises(ZeroDivisionError), quiet_libraries():
        os.write(2, b"noise")
        _ = 1 / 0
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_many_threads_leave_no_descriptor_open():
    def decode() -> None:
        for _ in range(50):
            with quiet_libraries():
                os.write(2, b"noise")

    def next_descriptor() -> int:
        descriptor = os.open(os.devnull, os.O_RDONLY)
        os.close(descriptor)
        return descriptor

    before = next_descriptor()
    threads = [Thread(target=decode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert next_descriptor() == before
