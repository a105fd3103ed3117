"""Files to and from the Hugging Face Hub. Nothing here knows what a model is.

The other packages take ``push``, ``pull`` and ``push_space`` from ``client``, and ``OnDemand``.
"""
