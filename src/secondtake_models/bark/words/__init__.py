"""Lyrics: how they are phrased, how long they take, where they may be parted."""
