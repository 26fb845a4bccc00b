"""Weights from the hub: looked up, downloaded, checked by hash, stored."""
