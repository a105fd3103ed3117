"""Files to and from the Hugging Face Hub. Nothing in here knows what a model is.

``client`` has ``push``, ``pull``, ``push_space`` and ``newest_commit``; ``on_demand`` has ``OnDemand`` and ``within``.
"""
