"""The comparison of a whole song: what there is, every take, all models."""
