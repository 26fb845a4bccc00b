"""Loudness, true peak, activity, pitch, fades and seams: once, for models and analysis alike.

Law: numpy only.
"""
