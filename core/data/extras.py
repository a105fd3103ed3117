"""Extras: recaps, specials, side stories and music videos, which belong to another title or are no series at all."""

import re

import numpy as np
import pandas as pd

from ..numerics.arrays import Bool, Int64

RECAPS = re.compile(
    r"\b(?:recaps?|soushuuhen|digest|summary|compilation|picture drama|episode 0|pilot|promotion|commercials?|"
    r"pvs?|cms?|specials?)\b",
    re.IGNORECASE,
)
SMALL_SHARE = 0.25
"""An OVA or ONA with a smaller share of the members of a related title is a side story. *Rurouni Kenshin: Tsuioku-hen*
has two thirds of its series' members, most bonus episodes less than a fifth."""


def find_extras(frame: pd.DataFrame, members: Int64, related: Int64) -> Bool:
    """Return which titles are extras, bool [n_titles].

    They are music videos; specials with a related title that more people list; OVA and ONA with a related title that
    four times as many list; and all titles but TV series whose name says so, such as *Recap* or *Soushuuhen*.

    ``frame`` is that of a catalogue, ``members`` int64 [n_titles], ``related`` as in `Catalogue.related`.
    """
    kind = frame["type"].to_numpy(dtype=str)
    most_related = np.zeros(len(frame), dtype=np.int64)
    np.maximum.at(most_related, related[0], members[related[1]])
    bonus = (kind == "Special") & (most_related > members)
    side_story = np.isin(kind, ["OVA", "ONA"]) & (members < SMALL_SHARE * most_related)
    named = frame["name"].str.contains(RECAPS).to_numpy(dtype=bool) & (kind != "TV")
    return np.asarray((kind == "Music") | bonus | side_story | named)
