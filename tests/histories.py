"""Histories of the small data set, with one title, four, many and none."""

from core import WATCHED

HISTORIES = [{103: 9}, {103: 9, 104: WATCHED, 110: 2, 117: 10}, dict.fromkeys(range(100, 145), 8.0), {}]
