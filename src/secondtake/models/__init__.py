"""Models, which run inside environments of their own, and the rule-based sketch.

Each model has a package of its own and knows no other; `secondtake` is all they share.
"""
