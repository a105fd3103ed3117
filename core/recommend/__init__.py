"""From scores to lists: tastes, filters, top-K with reasons, lists for two, what to ask next.

The other packages take ``Taste``, ``Filters``, ``Recommendation`` and the functions that make lists.
"""
