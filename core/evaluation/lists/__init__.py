"""Protocols that judge finished lists rather than scores, because a list is more than a sort.

The scripts use ``discovery``, ``planned``, ``measure_lists`` and the curve of the dial.
"""
