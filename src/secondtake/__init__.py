"""The core of secondtake: songs, models, jobs, takes, and the worker that makes them.

Law: this package imports the standard library and nothing else, because it is installed in
every environment the project builds, beside torch 2.5 here and torch 2.7 there.
"""

__version__ = "0.1.0"
