"""The PHASE progress pages: pure functions of a song, its records, outcomes and files.

Law: nothing here looks at the clock, and nothing claims what no record or file shows. A missing
file is a state with its own sentence, not an error.
"""
