"""Which model the app serves, and how the app gets to a Space.

The app takes ``ModelSource``; ``scripts/deploy_space.py`` takes ``deploy``.
"""
