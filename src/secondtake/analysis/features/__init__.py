"""The features of a recording, their normalization, and the corpus that they are read against."""
