"""Inference for all models: quantization, decoding, sampling, autotuning, checkpoints."""
