"""The handlers, without a browser: what a state leads to."""

import csv
import html
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from small_data import catalogue_of
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import WATCHED, Filters, HubError, InputError, Model
from core.serving.model_source import ServedModel
from core.ui.page.active_filters import _counts_without, active_filters, loosenings
from core.ui.page.covers import MOTIFS, drawn_cover
from core.ui.page.handlers import Handlers
from core.ui.page.people.person import Person
from core.ui.page.state import PageState
from core.ui.page.tabs import TasteSummary
from core.ui.page.visitor import Visitor
from core.ui.routes.downloads import download_routes
from core.ui.translations import texts_in


def served(model: Model) -> ServedModel:
    return ServedModel(model, "a test", "", datetime.now(UTC), "")


def visitor(model: Model, state: PageState) -> Visitor:
    return Visitor(state, served(model), texts_in())


@pytest.fixture
def handlers(model: Model) -> Handlers:
    return Handlers(lambda: served(model))


def test_a_link_comes_before_the_kept_state(handlers: Handlers, model: Model) -> None:
    kept = PageState(ratings=((105, 8),)).to_json()
    opened, banner, *_ = handlers.open({"query": "?rated=103:9", "kept": kept, "draft": None})
    assert opened["shared"]
    assert opened["state"]["ratings"] == [[103, 9]]
    assert "shared these ratings" in banner
    opened, banner, *_ = handlers.open({"query": "?rated=103:9", "kept": kept, "draft": PageState(k=5).to_json()})
    assert (opened["shared"], opened["state"]["k"], opened["state"]["ratings"]) == (True, 5, [])
    opened, banner, *_ = handlers.open({"query": "?__theme=dark", "kept": kept, "draft": None})
    assert (opened["shared"], opened["state"]["ratings"], banner.strip()) == (False, [[105, 8]], "")
    del kept["tab"]  # only a page that was left and comes back names its tab
    opened, banner, *_ = handlers.open({"query": "?tab=how", "kept": kept, "draft": None})
    assert (opened["shared"], opened["state"]["tab"], opened["state"]["ratings"]) == (False, "how", [[105, 8]])
    opened, banner, *_ = handlers.open({"query": "?tab=how", "kept": kept | {"tab": "rate"}, "draft": None})
    assert opened["state"]["tab"] == "rate"


@pytest.mark.parametrize("sent", [None, 5, "x", [], {}, {"state": 5}, {"state": {"ratings": "x"}}])
def test_anything_that_a_browser_sends_is_answered(handlers: Handlers, sent: object) -> None:
    assert "Loved by many" in handlers.show(sent).results
    assert "Loved by many" in handlers.open(sent)[7]
    assert handlers.search(sent).strip() == ""


def test_page_says_that_users_cannot_be_fetched(model: Model) -> None:
    def fail() -> None:
        raise HubError("The Hub is away.")

    broken = replace(model, load_users=fail)
    parts = Handlers(lambda: served(broken)).show({"state": {"tab": "user", "user": 1}})
    assert "cannot be loaded right now" in parts.panel
    assert "Loved by many" in parts.results


def test_titles_the_visitor_has_seen_are_left_out_of_a_users_list(model: Model) -> None:
    user = int(model.user_ids[3])
    plain = visitor(model, PageState(tab="user", user=user)).answer.recommendations
    assert [item.anime_id for item in plain] == [
        item.anime_id for item in model.recommend(model.user_taste(user), 10, PageState().filters())
    ]
    seen = plain[0].anime_id
    again = visitor(model, PageState(tab="user", user=user, ratings=((seen, 9),))).answer.recommendations
    assert seen not in [item.anime_id for item in again]


def test_taste_knows_whether_it_is_whole_and_what_is_unseen(model: Model) -> None:
    ratings, others = ((103, 9.0), (105, 8.0)), ((110, 7.0),)
    typed = visitor(model, PageState(ratings=ratings, unseen=(107,)))
    assert (typed.taste.complete, typed.taste.unseen_ids) == (False, (107,))
    assert visitor(model, PageState(ratings=ratings, complete=True)).taste.complete
    state = PageState(tab="together", ratings=ratings, others=(Person("", None, others, True, (108,)),))
    other = visitor(model, state).answer.tastes[1]
    assert (other.complete, other.unseen_ids) == (True, (108,))


def test_dropped_titles_count_as_disliked(model: Model) -> None:
    ratings = ((103, 9.0), (105, WATCHED), (107, 2.0))
    others = (Person(ratings=ratings, dropped=(105,)),)
    state = PageState(ratings=ratings, dropped=(103, 105, 107), others=others, tab="together")
    assert visitor(model, state).taste.ratings == {103: 4.0, 105: 4.0, 107: 2.0}
    assert visitor(model, state).answer.tastes[1].ratings == {103: 9.0, 105: 4.0, 107: 2.0}


def test_title_that_was_not_seen_stays_on_the_list(model: Model) -> None:
    state = PageState(ratings=((105, 9.0),), sequels="all")
    first = visitor(model, state).answer.recommendations[0].anime_id
    unseen = visitor(model, replace(state, unseen=(first,))).answer.recommendations
    assert [item.new_chance for item in unseen if item.anime_id == first] == [1.0]
    hidden = visitor(model, replace(state, hidden=(first,))).answer.recommendations
    assert first not in [item.anime_id for item in hidden]


def test_active_filters_are_named_and_loosenings_allow_more_titles(model: Model) -> None:
    state = PageState(genres=("Comedy",), min_year=2010, likes_only=True, without=(103,), extras=True, sequels="all")
    narrowed = visitor(model, state)
    assert {button.label for button in active_filters(narrowed)} == {
        "only Comedy", "2010 or later", "Ignore my low ratings", "ignoring Third Show", "all parts of a series",
        "Include recaps, specials and music videos",
    }  # fmt: skip
    assert active_filters(visitor(model, PageState())) == []
    changes = loosenings(narrowed)
    assert changes[0].label == "Allow titles before 2010"
    assert [change.count for change in changes] == sorted((change.count for change in changes), reverse=True)
    now = model.fold_in({}).allowed(state.filters()).sum()
    assert all(change.count > now for change in changes)


@pytest.mark.parametrize(
    "choices",
    [
        {"genres": ("Hentai",)},
        {"genres": ("Hentai", "Comedy"), "min_year": 2000},
        {"genres": ("Hentai",), "adult": True},
        {"exclude_genres": ("Hentai", "Drama"), "types": ("TV",), "max_year": 2012},
        {"genres": ("Comedy",), "hidden": (103, 110, 120), "sequels": "new", "min_members": 1_000},
        {"planned": (108, 112), "plan": "hide", "without": (105,), "min_year": 2000, "max_year": 2015},
    ],
)
def test_a_loosening_counts_the_titles_that_its_filters_allow(model: Model, choices: dict[str, Any]) -> None:
    state = PageState(ratings=((105, 9.0), (113, 3.0)), **choices)
    taste = visitor(model, state).shown.taste
    counts = {(field, value): taste.allowed(looser).sum() for field, value, looser in state.filters().loosened()}
    assert _counts_without(state.filters(), taste) == counts


@pytest.mark.parametrize("types", [("Music",), ("Music", "TV"), ("TV",), ()])
@pytest.mark.parametrize("extras", [False, True])
def test_a_loosening_counts_extras_only_while_they_are_allowed(model: Model, types: tuple, extras: bool) -> None:
    kinds = [{"type": "Music"}, {"type": "TV"}] * (len(model.catalogue) // 2)
    model = replace(model, catalogue=catalogue_of(kinds))
    state = PageState(types=types, extras=extras, sequels="all")
    taste = visitor(model, state).shown.taste
    counts = {(field, value): taste.allowed(looser).sum() for field, value, looser in state.filters().loosened()}
    assert _counts_without(state.filters(), taste) == counts


def test_themes_and_studios_are_active_filters(model: Model) -> None:
    facts = {"themes": "Isekai|Gore", "studios": "Madhouse"}
    model = replace(model, catalogue=catalogue_of([facts, {"themes": "", "studios": ""}] * (len(model.catalogue) // 2)))
    narrowed = visitor(model, PageState(themes=("Isekai",), exclude_themes=("Gore",), studios=("Madhouse",)))
    labels = [button.label for button in active_filters(narrowed)]
    assert labels == ["only Isekai", "no Gore", "only by Madhouse"]
    assert [button.label for button in loosenings(narrowed)] == ["Allow Gore"]
    controls = Handlers(lambda: served(model)).show({"state": narrowed.state.to_json()}).controls
    assert 'aria-label="Isekai, chosen"' in controls
    assert 'aria-label="Gore, excluded"' in controls
    assert "✓ Madhouse" in controls


def test_new_titles_are_a_shelf_of_their_own(handlers: Handlers, model: Model) -> None:
    year, _ = model.catalogue.ends
    assert year == 2013
    closed = handlers.show({"state": PageState(sequels="all").to_json()}).results
    assert 'data-do="set" data-field="min_year" data-value="2013" aria-pressed="false">New in 2013' in closed
    shelf = handlers.show({"state": PageState(sequels="all", min_year=2013).to_json()}).results
    assert 'data-do="reset" data-field="min_year" aria-pressed="true">New in 2013' in shelf
    assert 'tabindex="-1">New in 2013</h2>' in shelf
    cards = [int(anime_id) for anime_id in re.findall(r'class="card" data-id="(\d+)"', shelf)]
    assert cards == [item.anime_id for item in model.recommend(model.nobody, 10, Filters(min_year=2013))]
    assert "New in" not in handlers.show({"state": PageState(like=103).to_json()}).results


def test_adult_titles_and_their_genres_are_shown_only_to_who_asked(handlers: Handlers, model: Model) -> None:
    adult = {
        model.catalogue.title(int(position)).anime_id: 10.0 for position in np.flatnonzero(model.catalogue.is_adult)
    }
    harmless = {105: 9.0, 106: 3.0}
    everything = model.fold_in(adult | harmless)
    assert {title.anime_id for title in TasteSummary.of(everything, adult=True).favourites} <= set(adult)
    assert {title.anime_id for title in TasteSummary.of(everything, adult=False).favourites} == set(harmless)
    names = [model.catalogue[anime_id].name for anime_id in adult]
    users = [int(user) for user in model.user_ids if set(model.user_taste(int(user)).ratings) & set(adult)]
    for choice, is_shown in ((False, False), (True, True)):
        pages = [handlers.show({"state": PageState(tab="user", user=user, adult=choice).to_json()}) for user in users]
        texts = [html.unescape(page.panel.split("history_json")[0] + page.results) for page in pages]
        assert any(name in text for name in names for text in texts) is is_shown
        assert any("Hentai" in page.controls for page in pages) is is_shown


def test_wall_never_shows_a_part_of_a_franchise_that_does_not_fit_the_answers(handlers: Handlers, model: Model) -> None:
    numbers, depth = model.franchises.numbers, model.franchises.depth
    series = next(number for number in np.unique(numbers) if np.count_nonzero(numbers == number) > 1)
    parts = np.flatnonzero(numbers == series)
    first, second = (int(model.item_ids[parts[depth[parts] == part][0]]) for part in (0, 1))
    others = [int(anime_id) for anime_id in model.item_ids[numbers != series][:4]]

    def wall(wall_ids: list[int], **answers: Any) -> list[int]:
        sent = {"state": PageState(**answers).to_json(), "wall": wall_ids}
        return [int(anime_id) for anime_id in re.findall(r'<li data-id="(\d+)"', handlers.show(sent).wall)]

    assert second in wall([second, *others], ratings=((first, 9),))
    assert second not in wall([second, *others], unseen=(first,))
    assert second not in wall([second, *others])  # the first part was rated, and that undone
    assert wall([*others, first], ratings=((second, 9),))[4] == first
    for answers in ({"ratings": ((others[0], 9),)}, {"unseen": tuple(others)}):
        shown = wall([*others, first], **answers)
        assert len(set(numbers[model.catalogue.positions(np.array(shown))])) == len(shown)


def test_downloads_have_the_list_and_no_formula(model: Model) -> None:
    client = TestClient(Starlette(routes=download_routes(lambda: served(model))))
    query = "rated=103:9,105:8&k=60&sequels=all"
    items = client.get(f"/list.json?{query}").json()
    expected = model.recommend(model.fold_in({103: 9, 105: 8}, complete=False), 60, PageState(sequels="all").filters())
    assert items == json.loads(json.dumps([item.as_dict() for item in expected]))
    text = client.get(f"/list.csv?{query}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["anime_id"]) for row in rows] == [item["anime_id"] for item in items]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    wrong = client.get("/list.csv?tab=user&user=nobody")
    assert (wrong.status_code, "no user 'nobody'" in wrong.text) == (404, True)


def test_names_like_formulas_get_an_apostrophe() -> None:
    from core.ui.routes.spreadsheets import _cell

    assert [_cell(value) for value in ("=1+1", "@x", "-5", "a", 5, None)] == ["'=1+1", "'@x", "'-5", "a", 5, None]


def test_every_title_has_a_drawn_cover(model: Model) -> None:
    drawn = [drawn_cover(title) for title in map(model.catalogue.title, range(len(model.catalogue)))]
    assert {cover.motif for cover in drawn} <= {motif for motif, _, _ in MOTIFS}
    assert all(0 <= cover.hue < 360 for cover in drawn)
    assert len(set(drawn)) > 10


def test_ten_concurrent_visitors_get_their_own_pages(handlers: Handlers, model: Model) -> None:
    states = [PageState(ratings=((100 + number, 9.0), (130 + number, 3.0)), k=3 + number) for number in range(10)]
    alone = [handlers.show({"state": state.to_json()}) for state in states]
    with ThreadPoolExecutor(10) as pool:
        together = list(pool.map(lambda state: handlers.show({"state": state.to_json()}), states * 10))
    assert together == alone * 10
    assert len({parts.results for parts in alone}) == 10


def test_the_screen_is_handed_over_and_back(handlers: Handlers) -> None:
    others = (Person("Aki", None, ((105, 8),)),)
    state = PageState(tab="together", ratings=((103, 9),), hidden=(110,), others=others, without=(103,)).to_json()
    changes = handlers.change({"state": state, "hand": 1})
    assert changes is not None
    assert set(changes) == {"tab", "ratings", "others", "hidden", "handed", "without"}
    assert (changes["ratings"], changes["hidden"], changes["handed"]) == ([[105, 8]], [], 1)
    parts = handlers.show({"state": state | changes})
    assert "What you rate now counts for Aki." in parts.banner
    assert "Their ratings" in parts.rated
    back = handlers.change({"state": state | changes, "hand": 0})
    assert state | changes | back == state | {"without": []}
    # Whoever opens the tab of the group is back in place; then there is nothing more to change.
    back = handlers.change({"state": state | changes | {"tab": "together"}})
    assert state | changes | {"tab": "together"} | back == state | {"without": []}
    for odd in (None, "1", 1.5, [1]):
        assert handlers.change({"state": state, "hand": odd}) == {}
    assert handlers.change({"state": state, "hand": -1}) == {"without": []}


def test_a_link_names_another_person(handlers: Handlers, model: Model) -> None:
    first = Person(user="nobody", hidden=(110,))
    state = PageState(tab="together", others=(first,)).to_json()
    for link in ("https://example.org/?rated=105:8,103:seen,x&k=5", "rated=105:8,103:seen,x"):
        changed, dropped = PageState.from_json(state | handlers.change({"state": state, "link": link}), model)
        assert changed == PageState(tab="together", others=(first, Person(ratings=((105, 8), (103, WATCHED)))))
        assert dropped == 1
    whole = handlers.change({"state": state, "link": "?rated=105:8&complete=1"})
    assert PageState.from_json(whole, model)[0].others[1].complete
    for link in ("https://example.org/?q=1", "?rated=", "?rated=999999:8", "x", 5, ["rated=105:8"]):
        assert handlers.change({"state": state, "link": link}) is None


def test_list_of_a_group_has_the_values_of_each_person(handlers: Handlers, model: Model) -> None:
    others = (Person("<i>Aki</i>", None, ((105, 8.0),)), Person("none yet"), Person(ratings=((105, 9.0), (107, 2.0))))
    state = PageState(tab="together", ratings=((103, 7.0),), others=others)
    answer = visitor(model, state).answer
    assert (answer.about, len(answer.tastes)) == ("group", 3)
    parts = handlers.show({"state": state.to_json()})
    assert "For the three of you" in parts.results
    assert "<i>" not in parts.results + parts.panel
    first = answer.recommendations[0]
    figures = re.findall(r'class="predicted"><dt><bdi>(.*?)</bdi></dt><dd>(.*?)</dd>', parts.results)[:3]
    names = ["You", "&lt;i&gt;Aki&lt;/i&gt;", "Person 4"]
    error, (you, aki, fourth) = model.certainty(answer.tastes[1]).expected_error, first.predicted_ratings
    range_of_aki = "–".join(f"{end:.3g}" for end in (round(aki - error, 1), round(min(aki + error, 10.0), 1)))
    assert figures == list(zip(names, [f"{you:.1f}", range_of_aki, f"{fourth:.1f}"], strict=True))
    assert parts.panel.count('data-do="removePerson"') == 3
    opened = [{"state": state.to_json(), "id": item.anime_id} for item in answer.recommendations]
    reasons = " ".join(handlers.details(sent)["html"] for sent in opened)
    headings = {"Why for you", "Why for &lt;i&gt;Aki&lt;/i&gt;", "Why for Person 4"}
    assert headings <= {*re.findall("<h4>(.*?)</h4>", reasons)}


def test_user_who_is_not_there_is_left_out_of_the_group(handlers: Handlers, model: Model) -> None:
    user = int(model.user_ids[0])
    state = PageState(tab="together", others=(Person(user="nobody"), Person(user=user), Person(ratings=((107, 9.0),))))
    for like in (None, 103):
        parts = handlers.show({"state": replace(state, like=like).to_json()})
        assert parts.panel.count("There is no user nobody") == 1
    shown = visitor(model, state).shown
    assert [taste.user_id for taste in shown.tastes] == [None, user, None]
    with pytest.raises(InputError):
        _ = visitor(model, state).answer


def test_user_who_is_not_there_is_named_as_typed(model: Model) -> None:
    """Name a user with a text that HTML would read: as itself, escaped once."""
    parts = Handlers(lambda: served(model)).show({"state": {"tab": "together", "others": [{"user": "<b>me"}]}})
    assert "&lt;b&gt;me" in parts.panel
    assert "&amp;lt;" not in "".join(parts)
