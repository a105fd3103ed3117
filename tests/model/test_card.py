from pathlib import Path

import numpy as np
from huggingface_hub import ModelCard

from core import Catalogue, Model
from core.model.card import model_card
from core.model.sources import KAGGLE_2016, LISTS, SOURCES


def test_card_names_the_sources_of_the_ratings(model: Model) -> None:
    first, both, own = (
        model_card(model.with_sources(names).info, model.catalogue)
        for names in ([KAGGLE_2016], [LISTS, KAGGLE_2016], ["My own file"])
    )
    assert "The ratings end in 2016" in first
    assert "No row" not in first
    assert "The ratings end in June 2024" in both
    assert all(source.card in both for source in SOURCES.values())
    assert "- My own file\n" in own
    assert "CooperUnion" not in own
    assert ModelCard(both).data.datasets == ["CooperUnion/anime-recommendations-database"]
    assert ModelCard(own).data.datasets is None
    assert "- Ratings of its owner.\n" in model_card(model.info, model.catalogue)


def test_every_card_says_whose_facts_it_has_and_that_it_is_unofficial(model: Model) -> None:
    for names in ([], [KAGGLE_2016], [KAGGLE_2016, LISTS]):
        card = model_card(model.with_sources(names).info, model.catalogue)
        for part in ("not affiliated with MyAnimeList or AniList", "(ODbL) 1.0", "CC BY-NC-SA 4.0", "(CC BY 4.0)"):
            assert part in card, part


def test_card_says_where_the_titles_end(model: Model) -> None:
    frame = model.catalogue.frame.assign(year=2026.0, season="spring")
    assert "- The titles end with spring 2026.\n" in model_card(model.info, Catalogue(frame))
    assert "- The titles end with 2026.\n" in model_card(model.info, Catalogue(frame.assign(season="")))
    assert "The titles end" not in model_card(model.info, Catalogue(frame.assign(year=np.nan, season="")))


def test_sources_are_stored(model: Model, tmp_path: Path) -> None:
    model.with_sources([LISTS, "My own file"]).save(tmp_path / "model")
    assert Model.load(tmp_path / "model").info.sources == [LISTS, "My own file"]
