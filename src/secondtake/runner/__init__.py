"""The part that runs in the user's own environment: it builds environments, fetches weights, runs
workers, shows progress and writes the PHASE pages.

Here, and only here, are nox, invoke, uv, huggingface_hub, python-dotenv and rich.
"""
