"""Readers of the tables that people have: of ratings, of titles, and of details of titles.

``table_forms`` says which tables are known, and by which columns.
"""
