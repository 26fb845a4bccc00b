"""From a segment's style and lyrics to what a model is told, in the model's own words."""
