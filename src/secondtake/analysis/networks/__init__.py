"""Networks that hear what a spectrum does not say: voice, pitch, the colour of music."""
