"""The comparison as a page of markdown, from its JSON values alone."""
