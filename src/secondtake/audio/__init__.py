"""Loudness, true peak, bands, faults, activity, pitch, fades and seams, for models and analysis.

Law: numpy only.
"""
