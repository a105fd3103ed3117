"""Join what sources know of the titles into a table for `train.py --titles`.

python scripts/prepare_catalogue.py --anime anime.csv --from anime-offline-database.jsonl.zst --out titles.csv

Sources are releases of the anime-offline-database (github.com/manami-project/anime-offline-database) and tables with
the columns anime_id, english, synonyms, japanese, year, picture, related_ids. Give --from once for each; the first that
knows a cell wins.
"""

import argparse

from _shared import run

from core import Catalogue
from core.data.enrich.offline_database import ATTRIBUTION, is_offline_database, read_offline_database
from core.data.enrich.title_details import JoinedDetails, join_details, read_details, refuse_input


def main() -> None:
    """Read, join, write, and say what came from where."""
    parser = argparse.ArgumentParser(description="Join English names, years, covers and relations into titles.csv.")
    parser.add_argument("--anime", required=True, metavar="FILE", help="anime.csv: the titles to look for")
    parser.add_argument(
        "--from", required=True, action="append", dest="sources", metavar="FILE",
        help="a release of the anime-offline-database (.jsonl or .json, also .gz, .zst, .zip), or a table (.csv, also "
        ".gz, .zip, or .parquet); may be given several times, the first that knows a cell wins",
    )  # fmt: skip
    parser.add_argument("--out", required=True, metavar="FILE", help="titles.csv; an older one is replaced")
    arguments = parser.parse_args()

    inputs = [arguments.anime, *arguments.sources]
    refuse_input(arguments.out, inputs)
    catalogue = Catalogue.read(arguments.anime)
    databases = [path for path in arguments.sources if is_offline_database(path)]
    joined = join_details(
        catalogue,
        [(read_offline_database if path in databases else read_details)(path, catalogue) for path in arguments.sources],
    )
    joined.write(arguments.out, inputs)
    _summarise(joined)
    print(f"\ntitles  {arguments.out}")
    if databases:
        print(f"If you publish it, or a model made with it, say: {ATTRIBUTION}")


def _summarise(joined: JoinedDetails) -> None:
    table = joined.cell_counts.copy()
    table.loc[f"of {len(joined.frame):,} titles"] = table.sum()
    print(table.to_string(formatters=dict.fromkeys(table.columns, "{:,}".format)))
    for source, counts in joined.left_out.items():
        for what, count in counts.items():
            print(f"left out of {source}: {count:,} {what}")


if __name__ == "__main__":
    run(main)
