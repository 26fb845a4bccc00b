"""What runs inside model environments: decoding, checkpoints, and the rule-based sketch.

Each model has a package of its own and knows no other; `secondtake` is all they share.
"""
