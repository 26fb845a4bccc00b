"""MusicGen: from a prompt, and a melody if there is one, to instrumental music at 32 kHz.

The decoder's weights are the checkpoint's; its decoding is ours, by models.inference.transformer.
The text encoder (T5) and the codec (EnCodec) are transformers' own modules.
"""
