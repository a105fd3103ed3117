"""Histories of the small data set: of one title, of four, of many, of none."""

from core import WATCHED

HISTORIES = [{103: 9}, {103: 9, 104: WATCHED, 110: 2, 117: 10}, dict.fromkeys(range(100, 145), 8.0), {}]
