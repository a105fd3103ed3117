"""The state of the page: to JSON and to links and back, and anything else in its place."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_data import HOSTILE, ROOT, catalogue_of

from core import WATCHED, Model
from core.ui.page.state import PageState

IDS = st.integers(100, 159)
several = st.lists(IDS, max_size=5, unique=True).map(tuple)
states = st.builds(
    PageState,
    tab=st.sampled_from(["rate", "user"]),
    user=st.none() | st.integers(0, 10**9),
    like=st.none() | IDS,
    ratings=st.dictionaries(IDS, st.sampled_from([WATCHED, 1, 7.5, 10]), max_size=8).map(
        lambda ratings: tuple(ratings.items())
    ),
    unseen=several,
    hidden=several,
    without=several,
    k=st.integers(1, 100),
    genres=st.sampled_from([(), ("Comedy",), ("Drama", "Action")]),
    exclude_genres=st.sampled_from([(), ("Sci-Fi",), ("Romance", "Hentai")]),
    types=st.sampled_from([(), ("TV",), ("Movie", "OVA")]),
    min_members=st.integers(0, 10**6),
    min_year=st.none() | st.integers(1900, 2000),
    max_year=st.none() | st.integers(2000, 2100),
    sequels=st.sampled_from(["all", "first", "new"]),
    likes_only=st.booleans(),
    dial=st.integers(0, 4),
    adult=st.booleans(),
    extras=st.booleans(),
)
thorough = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@thorough
@given(state=states)
def test_link_and_json_restore_the_state(model: Model, state: PageState) -> None:
    assert PageState.from_link(state.to_link(), model) == (state, 0)
    assert PageState.from_link("?" + state.to_link(), model) == (state, 0)
    assert PageState.from_json(json.loads(json.dumps(state.to_json())), model) == (state, 0)


def test_link_has_only_values_that_differ_from_the_defaults(model: Model) -> None:
    assert PageState().to_link() == ""
    state = PageState(ratings=((103, 9), (104, WATCHED)), exclude_genres=("Sci-Fi",), adult=True)
    assert state.to_link() == "rated=103:9,104:seen&no=Sci-Fi&adult=1"
    assert state.filters().exclude_genres == ("Sci-Fi",)


@pytest.mark.parametrize(("former", "position"), [(-2, 0), (-1, 0), (0, 0.25), (1, 0.5), (2, 1)])
def test_older_link_may_have_the_former_dial(model: Model, former: int, position: float) -> None:
    state, n_wrong = PageState.from_link(f"novelty={former}", model)
    assert (state.novelty, n_wrong) == (position, 0)
    assert PageState.from_json({"novelty": former}, model) == (state, 0)  # as browsers kept it
    assert PageState.from_link(f"novelty={former}&dial=3", model)[0].novelty == 0.75


def test_only_ratings_can_be_a_whole_list(model: Model) -> None:
    state, n_wrong = PageState.from_link("rated=103:9&complete=1&partner=105:8", model)
    assert (state.complete, state.partner_complete, n_wrong) == (True, False, 0)
    assert PageState.from_link(state.to_link(), model) == (state, 0)
    assert (state.exchanged().complete, state.exchanged().partner_complete) == (False, True)
    assert PageState.from_link("complete=1&partner_complete=1", model) == (PageState(), 0)


def test_older_link_may_have_former_names_of_genres() -> None:
    state, dropped = PageState.from_link("genres=Thriller&no=Dementia,Ecchi", Model.load(ROOT / "core" / "bundled"))
    assert (state.genres, state.exclude_genres, dropped) == (("Suspense",), ("Avant Garde", "Ecchi"), 0)


@pytest.mark.parametrize(
    ("query", "dropped"),
    [
        ("rated=103:9,999:8,x,103:11,103:1:2,:,103:nan", 6),
        ("genres=Nope&types=Nope&no=", 2),
        ("k=0&from=1800&members=-1&novelty=9&sequels=x&adult=yes&tab=x&like=9", 8),
        ("k=1e3&members=1.5", 2),
        ("utm_source=x&__theme=dark", 0),
        ("&&&=;%00%ff", 0),
        (f"k={'9' * 10_000}&rated={'A' * 10_000}", 2),
    ],
)
def test_unknown_values_are_left_out_and_counted(model: Model, query: str, dropped: int) -> None:
    state, counted = PageState.from_link(query, model)
    assert counted == dropped
    assert replace(state, ratings=()) == PageState()


@thorough
@given(
    content=st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | st.sampled_from(HOSTILE),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*PageState().to_json(), "x"]), inner, max_size=6)
        ),
        max_leaves=20,
    )
)
def test_any_json_is_read(model: Model, content: object) -> None:
    state, dropped = PageState.from_json(content, model)
    assert dropped >= 0
    assert PageState.from_json(state.to_json(), model) == (state, 0)


def test_themes_and_studios_are_linked_and_filtered(model: Model) -> None:
    facts = {"themes": "Isekai|Gore", "studios": "Studio 4°C|Brain's Base"}
    model = replace(model, catalogue=catalogue_of([facts] * len(model.catalogue)))
    state = PageState(themes=("Isekai",), exclude_themes=("Gore",), studios=("Studio 4°C", "Brain's Base"))
    assert PageState.from_link(state.to_link(), model) == (state, 0)
    filters = state.filters()
    assert (filters.themes, filters.exclude_themes, filters.studios) == (state.themes, ("Gore",), state.studios)
    both, n_wrong = PageState.from_link("themes=Isekai,Nope&no_theme=Isekai,Gore&studios=Nobody", model)
    assert (both, n_wrong) == (PageState(themes=("Isekai",), exclude_themes=("Gore",)), 2)


def test_half_a_character_can_be_linked(model: Model) -> None:
    state, _ = PageState.from_json({"user": "\ud83d", "partner_user": "a\udcff"}, model)
    assert (state.user, state.partner_user) == ("?", "a?")
    assert PageState.from_link(state.to_link(), model) == (state, 0)


@pytest.mark.parametrize("blank", ["", " ", "\r", "\u3000"])
def test_blank_user_is_nobody(blank: str, model: Model) -> None:
    assert PageState.from_json({"user": blank, "partner_user": blank}, model) == (PageState(), 0)
    assert PageState.from_link(f"user={blank}&partner_user={blank}", model) == (PageState(), 0)


def test_contradictions_are_resolved(model: Model) -> None:
    content = {
        "ratings": [[103, 9], [104, 8], [103, 2]], "genres": ["Comedy"], "exclude_genres": ["Comedy", "Drama"],
        "min_year": 2010, "max_year": 2000, "hidden": [105, 105],
    }  # fmt: skip
    state, dropped = PageState.from_json(content, model)
    assert dropped == 0
    assert state.ratings == ((103, 2), (104, 8))
    assert state.exclude_genres == ("Drama",)
    assert (state.min_year, state.max_year) == (2000, 2010)
    assert state.hidden == (105,)


def test_rated_titles_are_not_planned_and_only_they_are_dropped(model: Model) -> None:
    content = {"ratings": [[103, 9], [104, -1]], "planned": [103, 105], "dropped": [104, 106, 104]}
    state, n_wrong = PageState.from_json(content, model)
    assert (state.planned, state.dropped, n_wrong) == ((105,), (104,), 0)
    assert state.to_link() == "rated=103:9,104:seen&planned=105&dropped=104"
    assert PageState.from_link(state.to_link(), model) == (state, 0)
    assert state.exchanged().partner_dropped == (104,)
    partner, _ = PageState.from_json({"partner": [[103, 9]], "partner_dropped": [103, 104]}, model)
    assert partner.partner_dropped == (103,)


def test_only_lists_longer_than_any_watchlist_are_cut(model: Model) -> None:
    known = [int(anime_id) for anime_id in model.item_ids]
    state, dropped = PageState.from_json({"planned": (known * 300)[:12_000]}, model)
    assert (set(state.planned), dropped) == (set(known), 0)
    _, dropped = PageState.from_json({"planned": known * 1_000}, model)
    assert dropped == len(known) * 1_000 - 20_000
