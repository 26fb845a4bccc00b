"""What judges say of a song's takes, as measurements with a floor, a ceiling and an interval."""
