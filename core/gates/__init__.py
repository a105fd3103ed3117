"""What stands between the network and the app: it bounds, refuses, counts and logs. It knows nothing of anime.

``gates`` is the one layer, and each other module one rule of it.
"""
