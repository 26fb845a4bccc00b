"""What every environment has: songs, plans, jobs, takes and their records, the worker protocol.

Law: standard library only, so that it can be imported wherever a model runs.
"""
