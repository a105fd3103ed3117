"""The state of the page: to JSON and to links and back, and anything else in its place."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_data import HOSTILE, ROOT, catalogue_of

from core import WATCHED, Model
from core.ui.page.people.person import Person
from core.ui.page.state import PageState

IDS = st.integers(100, 159)
several = st.lists(IDS, max_size=5, unique=True).map(tuple)
ratings = st.dictionaries(IDS, st.sampled_from([WATCHED, 1, 7.5, 10]), max_size=8).map(
    lambda ratings: tuple(ratings.items())
)
NAMES = st.sampled_from(["", "Aki", "Bo & Co, 100%", "<b>", "日本=1&k=3", "x" * 20])
people = st.builds(
    Person, st.just("Cy") | NAMES, st.none() | st.integers(0, 10**9), ratings, st.just(False), several, several
).filter(lambda person: person != Person())
states = st.builds(
    PageState,
    tab=st.sampled_from(["rate", "user", "together"]),
    user=st.none() | st.integers(0, 10**9),
    like=st.none() | IDS,
    ratings=ratings,
    others=st.lists(people, max_size=5).map(tuple),
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
    assert (state.complete, state.others[0].complete, n_wrong) == (True, False, 0)
    assert PageState.from_link(state.to_link(), model) == (state, 0)
    assert (state.exchanged(1).complete, state.exchanged(1).others[0].complete) == (False, True)
    assert PageState.from_link("complete=1&partner_complete=1", model) == (PageState(others=(Person(),)), 0)


def test_older_link_has_two_people(model: Model) -> None:
    lists = "partner=105:8,106:seen&partner_complete=1&partner_unseen=107&partner_hidden=108&partner_planned=109"
    state, n_wrong = PageState.from_link(f"rated=103:9&{lists}&partner_dropped=106&partner_user=7", model)
    person = Person("", 7, ((105, 8), (106, WATCHED)), True, (107,), (108,), (109,), (106,))
    assert (state, n_wrong) == (PageState(ratings=((103, 9),), others=(person,)), 0)
    kept = {"ratings": [[103, 9]], "partner": [[105, 8]], "partner_user": None, "partner_hidden": [], "swapped": True}
    handed = PageState(ratings=((103, 9),), others=(Person(ratings=((105, 8),)),), handed=1)
    assert PageState.from_json(kept, model) == (handed, 0)
    assert PageState.from_link("swapped=1&rated=103:9&partner=105:8", model) == (handed, 0)
    assert PageState.from_json(kept | {"partner": [], "swapped": False}, model) == (PageState(ratings=((103, 9),)), 0)


def test_people_are_bounded_and_their_wrong_values_counted(model: Model) -> None:
    odd = {"name": " A \n  b" + "c" * 30, "user": "x" * 30, "ratings": [[103, 9], [1, 9], 5], "complete": "no"}
    state, n_wrong = PageState.from_json({"others": [odd, 5, *[{"name": "B"}] * 6]}, model)
    assert n_wrong == 3 + 1 + 2
    assert state.others[0] == Person("A b" + "c" * 17, "x" * 18, ((103, 9),))
    assert state.others[1:] == (Person("B"),) * 4
    for content in ({"others": 5}, {"others": [[]]}, {"others": [{"name": 5}]}, {"handed": 6}):
        assert PageState.from_json(content, model)[1] == 1
    state, n_wrong = PageState.from_link("partner2=103:9&partner7=103:9&partner3=103:9,1:2&partner4_user= ", model)
    assert (state.others, n_wrong) == ((Person(), Person(ratings=((103, 9),)), Person()), 1)


def test_screen_is_handed_over_among_three_people(model: Model) -> None:
    first, second = Person("Aki", None, ((105, 8),), hidden=(110,)), Person(ratings=((107, 3),))
    state = PageState("together", ratings=((103, 9),), others=(first, second), unseen=(108,), without=(103,))
    own = replace(state, without=())
    now = state.handed_over(2)
    assert (now.tab, now.handed, now.ratings, now.unseen) == ("rate", 2, second.ratings, ())
    assert now.others == (first, Person(ratings=state.ratings, unseen=(108,)))
    assert now.handed_over(0) == own
    # The next one takes the screen from the second; a new person comes last, and is gone if they rate nothing.
    third = now.handed_over(1)
    assert (third.ratings, third.hidden, third.others[0].name) == (first.ratings, (110,), "Aki")
    assert third.handed_over(0) == own
    for number in (3, 99):
        new = third.handed_over(number)
        assert (new.handed, new.ratings, len(new.others)) == (3, (), 3)
        assert new.handed_over(0) == own
        rated = replace(new, ratings=((106, 7),)).handed_over(0)
        assert rated == replace(own, others=(first, second, Person(ratings=((106, 7),))))
    full = replace(state, others=(second,) * 5)
    assert full.handed_over(6).handed == 5
    # Whoever opens the tab of the group finds everybody with their own lists.
    for kept in (now, third, new):
        assert PageState.from_json(kept.to_json() | {"tab": "together"}, model) == (own, 0)
        assert PageState.from_json(kept.to_json(), model) == (kept, 0)
        assert PageState.from_link(kept.to_link(), model) == (kept, 0)


def test_who_rates_is_no_existing_user_any_more() -> None:
    assert PageState(others=(Person(user=5),)).handed_over(1).others[0].user is None


def test_group_has_only_people_of_whom_something_is_known() -> None:
    known, user = Person(ratings=((105, 8),), hidden=(110,)), Person(user=5, hidden=(111,))
    state = PageState("together", others=(Person("Aki", hidden=(109,)), known, user), hidden=(112,))
    assert state.listed_others == ((3, known), (4, user))
    assert state.filters().exclude_ids == (112, 110, 111)
    for other in (replace(state, tab="rate"), replace(state, like=103)):
        assert (other.listed_others, other.filters().exclude_ids) == ((), (112,))


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
    state, _ = PageState.from_json({"user": "\ud83d", "others": [{"user": "a\udcff", "name": "\ud83d"}]}, model)
    assert (state.user, state.others) == ("?", (Person("?", "a?"),))
    assert PageState.from_link(state.to_link(), model) == (state, 0)


@pytest.mark.parametrize("blank", ["", " ", "\r", "\u3000"])
def test_blank_user_is_nobody(blank: str, model: Model) -> None:
    assert PageState.from_json({"user": blank, "others": [{"user": blank}]}, model)[0].others == (Person(),)
    assert PageState.from_json({"user": blank}, model) == (PageState(), 0)
    assert PageState.from_link(f"user={blank}", model) == (PageState(), 0)


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
    group, _ = PageState.from_json({"others": [{"ratings": [[103, 9]], "dropped": [103, 104]}]}, model)
    assert group.others[0].dropped == (103,)


def test_only_lists_longer_than_any_watchlist_are_cut(model: Model) -> None:
    known = [int(anime_id) for anime_id in model.item_ids]
    state, dropped = PageState.from_json({"planned": (known * 300)[:12_000]}, model)
    assert (set(state.planned), dropped) == (set(known), 0)
    _, dropped = PageState.from_json({"planned": known * 1_000}, model)
    assert dropped == len(known) * 1_000 - 20_000
