"""A program that never ends, with a child elsewhere that heeds nothing."""

import subprocess
import sys
import time

DEAF = "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)]; time.sleep(3600)"


def linger():
    subprocess.Popen([sys.executable, "-c", DEAF], start_new_session=True)
    time.sleep(3600)


if __name__ == "__main__":
    try:
        linger()
    except KeyboardInterrupt:
        sys.exit(130)
