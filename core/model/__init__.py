"""The trained model: how it is trained, stored, loaded, described, and asked.

The other packages take ``Model``, ``train`` and ``TrainingConfig``.
"""
