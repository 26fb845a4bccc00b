"""Networks computed by our own hands: arithmetics, transformers token by token, draws."""
