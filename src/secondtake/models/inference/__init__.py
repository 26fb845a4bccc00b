"""What models share: quantization, decoding token by token, sampling, autotuning, checkpoints."""
