"""What a comparison found: sentences made from its figures alone, each with its measurements."""
