"""What runs in the user's own environment: building environments, fetching weights, running
workers, showing progress, writing the PHASE pages.

Here, and only here, are nox, invoke, uv, huggingface_hub, python-dotenv and rich.
"""
