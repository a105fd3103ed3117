"""Readers of tables from anywhere: CSV and Parquet, packed or not, with precise errors.

Start at `core.data.tables.table.Table`.
"""
