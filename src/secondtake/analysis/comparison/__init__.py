"""The comparison of a whole song: its takes and baselines, every measurement, all models."""
