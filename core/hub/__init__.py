"""Files to and from the Hugging Face Hub, without any knowledge of models.

``client`` has ``push``, ``pull``, ``push_space`` and ``newest_commit``; ``on_demand`` has ``OnDemand`` and ``within``.
"""
