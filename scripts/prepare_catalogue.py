"""Join details of the titles from several sources into a table for `train.py --titles`.

python scripts/prepare_catalogue.py --anime anime.csv --from anime-offline-database.jsonl.zst --out titles.csv

Sources are releases of the anime-offline-database (github.com/cedya77/anime-offline-database) and tables with the
column anime_id and any of english, synonyms, japanese, year, season, picture, related_ids, studios, themes, anilist_id,
anidb_id, kitsu_id. Give --from once for each source; a cell comes from the first source that knows it.
"""

import argparse
from pathlib import Path

from _shared import run, save

from core import Catalogue
from core.data.enrich.offline_database import read_offline_database
from core.data.enrich.release import ATTRIBUTION, is_offline_database
from core.data.enrich.title_details import JoinedDetails, join_details, read_details, refuse_input
from core.disk import try_to_write


def main() -> None:
    """Read the sources, join them, write the table, and print a summary."""
    parser = argparse.ArgumentParser(description="Join English names, years, covers and relations into titles.csv.")
    parser.add_argument("--anime", required=True, metavar="FILE", help="anime.csv: the titles to look for")
    parser.add_argument(
        "--from", required=True, action="append", dest="sources", metavar="FILE",
        help="a release of the anime-offline-database (.jsonl or .json, also .gz, .zst, .zip), or a table (.csv, also "
        ".gz, .zip, or .parquet); may be given several times, a cell comes from the first source that knows it",
    )  # fmt: skip
    parser.add_argument("--out", required=True, metavar="FILE", help="titles.csv; an older one is replaced")
    arguments = parser.parse_args()

    inputs = [arguments.anime, *arguments.sources]
    refuse_input(arguments.out, inputs)
    try_to_write(arguments.out)
    catalogue = Catalogue.read(arguments.anime)
    readers = [read_offline_database if is_offline_database(path) else read_details for path in arguments.sources]
    joined = join_details(
        catalogue, [read(path, catalogue) for read, path in zip(readers, arguments.sources, strict=True)]
    )
    _summarise(joined)
    out = Path(arguments.out)
    save(lambda folder: joined.write(folder / out.name, inputs), out.parent)
    print(f"\ntitles  {arguments.out}")
    if read_offline_database in readers:
        print(f"If you publish it, or a model made with it, say: {ATTRIBUTION}")


def _summarise(joined: JoinedDetails) -> None:
    table = joined.cell_counts.copy()
    table.loc[f"of {len(joined.frame):,} titles"] = table.sum()
    print(table.to_string(formatters=dict.fromkeys(table.columns, "{:,}".format)))
    for source, counts in joined.left_out.items():
        for reason, count in counts.items():
            print(f"left out of {source}: {count:,} {reason}")


if __name__ == "__main__":
    run(main)
