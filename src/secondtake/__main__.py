"""python -m secondtake VERB: the same as `secondtake VERB`."""

import sys

from secondtake.runner.program import main

if __name__ == "__main__":
    sys.exit(main())
