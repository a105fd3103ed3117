"""The search for better settings: what may vary, and a study that can be resumed.

``scripts/tune.py`` takes ``SPACES`` and ``tune``.
"""
