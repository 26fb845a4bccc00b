"""secondtake: a second take of a song's segments, by open models on your own machine.

Five layers, because there are five kinds of environment. Each imports only what its environment
has: `core` (standard library, everywhere), `audio` (numpy), `models` (what a model needs), `runner`
(the user's own environment) and `analysis` (the analysis environment).
"""

from pathlib import Path

from secondtake.core.interrupts import end_quietly_while_loading

__version__ = "0.1.0"

end_quietly_while_loading("invoke", "secondtake", scripts=Path(__file__).parents[2] / "scripts")
