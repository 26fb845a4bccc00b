"""Whether two pieces of sound fit together: what sounds, how high, how bright, how loud."""
