"""A model that hums: real code on every path of the house, with no library behind it."""
