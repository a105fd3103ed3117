"""The forms of tables that people have: the columns of each public data set, and which of our fields they tell.

A table is recognised by its columns. To read another data set, add a row here. Fields of ratings: ``user`` (a number
or a name), ``anime_id``, ``rating``, ``status``. Fields of titles: the columns of
`core.data.catalogue_columns.COLUMNS`, and ``premiered`` ("Spring 1998"), ``aired`` ("Apr 3, 1998 to Apr 24, 1999") and
``age_rating`` ("Rx - Hentai").
"""

from ..catalogue_columns import COLUMNS, DETAILS
from ..tables.forms import Form

RATINGS = (
    Form(
        "rating.csv of 2016, rating_complete.csv of 2020, users-score-2023.csv",
        {"user": "user_id", "anime_id": "anime_id", "rating": "rating"},
    ),
    Form(
        "animelist.csv of 2020",
        {"user": "user_id", "anime_id": "anime_id", "rating": "rating", "status": "watching_status"},
    ),
    Form(
        "UserAnimeList.csv of 2018",
        {"user": "username", "anime_id": "anime_id", "rating": "my_score", "status": "my_status"},
        names=("user",),
    ),
)
"""In tables with a ``status`` a rating of 0 means none."""

PLANNED = 6
SEEN = (1, 2, 3, 4)
"""MyAnimeList's numbers of a ``status``: watching, completed, on hold and dropped are `SEEN`."""

_OF_2020 = {
    "name": "Name", "genres": "Genres", "type": "Type", "episodes": "Episodes", "mean_rating": "Score",
    "members": "Members",
}  # fmt: skip
_DETAILS_OF_2020 = {
    "english": "English name", "aired": "Aired", "premiered": "Premiered", "studios": "Studios",
    "age_rating": "Rating",
}  # fmt: skip

TITLES = (
    Form(
        "anime.csv of 2016",
        {
            "anime_id": "anime_id", "name": "name", "genres": "genre", "type": "type", "episodes": "episodes",
            "mean_rating": "rating", "members": "members",
        },
    ),
    Form("anime.csv of 2020", {"anime_id": "MAL_ID"} | _OF_2020, _DETAILS_OF_2020 | {"japanese": "Japanese name"}),
    Form(
        "anime-dataset-2023.csv",
        {"anime_id": "anime_id"} | _OF_2020,
        _DETAILS_OF_2020 | {"japanese": "Other name", "picture": "Image URL"},
    ),
    Form(
        "AnimeList.csv of 2018",  # its pictures are at an address that is no more
        {
            "anime_id": "anime_id", "name": "title", "genres": "genre", "type": "type", "episodes": "episodes",
            "mean_rating": "score", "members": "members",
        },
        {
            "english": "title_english", "japanese": "title_japanese", "synonyms": "title_synonyms",
            "aired": "aired_string", "premiered": "premiered", "studios": "studio", "age_rating": "rating",
        },
    ),
    Form(
        "Catalogue.frame",
        {name: name for name in COLUMNS if name not in DETAILS},
        {name: name for name in DETAILS},
        separator="|",
    ),
)  # fmt: skip

DETAILS_OF_TITLES = (Form("titles.csv", {"anime_id": "anime_id"}, {name: name for name in DETAILS}, separator="|"),)
