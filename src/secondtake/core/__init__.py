"""The core of every environment: songs, plans, jobs, takes and their records, worker protocol.

Law: standard library only, so that it can be imported wherever a model runs.
"""
