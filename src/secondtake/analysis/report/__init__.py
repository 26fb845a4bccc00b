"""The comparison as a page of markdown."""
