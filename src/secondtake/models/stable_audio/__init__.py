"""Stable Audio Open by stable-audio-tools: from a prompt to stereo sound."""
