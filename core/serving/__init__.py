"""The choice of the model that the app serves, and the deployment of the app to a Space.

``model_source`` has ``ModelSource`` for the app; ``deploy`` has ``deploy`` for ``scripts/deploy_space.py``.
"""
