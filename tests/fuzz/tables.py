"""Tables of ratings and titles, damaged in every format: they are read, or refused by a `DataError`."""

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
    b"user_id,anime_id,rating\n1,100,5\n2,101,-1\n1,102,10\n",
    ANIME
    + b'100,A &amp; B,"Action, Drama",TV,12,7.5,100\n101,"B","[\'Action\', \'Sci-Fi\']",Movie,Unknown,UNKNOWN,5\n',
    b"anime_id,english,synonyms,japanese,year,picture,related_ids\n100,One,A|B,\xe4\xb8\x89,2003,https://a.b/c.jpg,101|102\n",
)
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
    packers = (bytes, bytes, bytes, gzip.compress, lambda text: zipped(text, *TEXTS), parquet)
    for number, pack in enumerate(packers):
        for reader, text in enumerate(TEXTS):
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
