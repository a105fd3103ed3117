"""Tables of ratings and titles, of each form, damaged in every format: they are read, or refused by a `DataError`."""

import gzip
import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from small_data import anime_rows, write_csv

from core import Catalogue, DataError, Ratings
from core.data.reading.table_forms import DETAILS_OF_TITLES
from core.data.reading.title_tables import read_titles
from core.data.tables.sources import open_source

ANIME = b"anime_id,name,genre,type,episodes,rating,members\n"
TEXTS = (
    (0, b"user_id,anime_id,rating\n1,100,5\n2,101,-1\n1,102,10\n"),
    (0, b"user_id,Username,anime_id,Anime Title,rating\n1,a,100,A,5\nx,b,101,B,7\ny,c,102,C,10\n"),
    (0, b"user_id,anime_id,rating,watching_status,watched_episodes\n1,100,5,1,3\n2,101,0,6,0\n1,102,0,2,1\n"),
    (0, b"username,anime_id,my_score,my_status\nann,100,5,1\nnull,101,0,6\n7,102,0,33\n"),
    (
        1,
        ANIME
        + b'100,A &amp; B,"Action, Drama",TV,12,7.5,100\n101,"B","[\'Action\', \'Sci-Fi\']",Movie,Unknown,UNKNOWN,5\n',
    ),
    (
        1,
        b"MAL_ID,Name,Score,Genres,English name,Japanese name,Type,Episodes,Aired,Premiered,Studios,Rating,Members\n"
        b'100,A,7.5,"Suspense, Isekai",A,\xe4\xb8\x89,TV,12,"Apr 3, 1998 to ?",Spring 1998,"B, C",Rx - Hentai,100\n',
    ),
    (
        1,
        b"anime_id,Name,Score,Genres,Other name,Type,Episodes,Aired,Premiered,Studios,Rating,Members,Image URL\n"
        b"100,A,UNKNOWN,Erotica,UNKNOWN,TV,12.0,Not available,UNKNOWN,UNKNOWN,PG,100,https://a.b/c.jpg\n",
    ),
    (
        2,
        b"anime_id,english,synonyms,japanese,year,picture,related_ids,studios,themes,season,kitsu_id\n"
        b"100,One,A|B,\xe4\xb8\x89,2003,https://a.b/c.jpg,101|102,B|C,Isekai|Thriller,fall,5\n",
    ),
)
"""Texts, each with the index of its reader."""
MEMORY = Path("/dev/shm")
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-tables-", dir=MEMORY if MEMORY.is_dir() else None))
CATALOGUE = Catalogue.read(write_csv(FOLDER / "catalogue.csv", ANIME.decode().strip(), anime_rows()))


def zipped(*contents: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"folder/{number}.csv", content)
    return stream.getvalue()


def parquet(text: bytes) -> bytes:
    return bytes(pd.read_csv(io.BytesIO(text)).to_parquet() or b"")


FORMATS = (
    (".csv", lambda text: text),
    (".csv.gz", lambda text: gzip.compress(text, 1)),  # of a damaged text
    (".zip", lambda text: zipped(*text.split(b"\n\n"))),
    (".csv.gz", lambda packed: packed),  # itself damaged
    (".zip", lambda packed: packed),
    (".parquet", lambda packed: packed),
)
"""The ending of its file, and what makes its content of the other bytes."""


READERS = (
    lambda path: Ratings.read(path, CATALOGUE),
    Catalogue.read,
    lambda path: read_titles(open_source(path, DETAILS_OF_TITLES)),
)


def corpus() -> Iterator[bytes]:
    """Yield each text in each format, for the reader that it suits."""
    packers = (bytes, bytes, bytes, gzip.compress, lambda text: zipped(text, *(other for _, other in TEXTS)), parquet)
    for number, pack in enumerate(packers):
        for reader, text in TEXTS:
            yield bytes([number + reader * len(FORMATS)]) + pack(text)


def one_input(data: bytes) -> str:
    """Read an input as ratings, as a catalogue or as details of titles. The first byte chooses reader and format."""
    reader, format_number = divmod(data[0] if data else 0, len(FORMATS))
    suffix, content = FORMATS[format_number]
    path = FOLDER / f"input{suffix}"
    path.write_bytes(content(data[1:]))
    try:
        READERS[reader % len(READERS)](path)
    except DataError:
        return "refused"
    return "read"
