"""The web API through the unmodified client, and the health route."""

import json
from urllib.request import urlopen

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from core import Filters, Model
from core.source import BUNDLED

FIELDS = {
    "rank", "anime_id", "name", "english", "genres", "type", "episodes",
    "mean_rating", "members", "predicted_rating", "score", "because",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(app: str) -> Client:
    return Client(app, verbose=False)


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(BUNDLED)


def test_recommend_answers_like_the_model(client: Client, bundled: Model) -> None:
    answer = client.predict({"5114": 10, "9253": 9, "1535": -1}, 12, ["Drama"], None, ["TV"], api_name="/recommend")
    taste = bundled.fold_in({5114: 10, 9253: 9, 1535: -1})
    expected = bundled.recommend(taste, 12, Filters(genres=("Drama",), types=("TV",)))
    assert [item["anime_id"] for item in answer] == [item.anime_id for item in expected]
    assert set(answer[0]) == FIELDS
    assert answer == json.loads(json.dumps([item.as_dict() for item in expected]))


def test_recommend_for_user_search_and_similar_answer_like_the_model(client: Client, bundled: Model) -> None:
    user = int(bundled.user_ids[0])
    answer = client.predict(user_id=user, k=3, api_name="/recommend_for_user")
    assert [item["anime_id"] for item in answer] == [r.anime_id for r in bundled.recommend(bundled.user_taste(user), 3)]
    assert client.predict("steins gate", 2, api_name="/search")[0]["anime_id"] == 9253
    similar = client.predict(anime_id=5114, k=4, api_name="/similar")
    assert [item["anime_id"] for item in similar] == [item.anime_id for item in bundled.similar(5114, 4)]


@pytest.mark.parametrize(
    ("endpoint", "arguments", "sentence"),
    [
        ("/recommend", {"ratings": {"5114": 11}}, "expected a number from 1 to 10"),
        ("/recommend", {"ratings": {"x": 1}}, "not a MyAnimeList id"),
        ("/recommend", {"ratings": {"5114": 9}, "k": 0}, "k is 0"),
        ("/recommend", {"ratings": {"5114": 9}, "genres": ["Nope"]}, "no genre 'Nope'"),
        ("/recommend_for_user", {"user_id": 1234567890}, "no user 1234567890"),
        ("/similar", {"anime_id": 0}, "no title with the id 0"),
        ("/search", {"query": "x", "limit": 0}, "limit is 0"),
    ],
)
def test_errors_are_sentences(client: Client, endpoint: str, arguments: dict, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(**arguments, api_name=endpoint)


def test_only_the_documented_endpoints_are_public(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {"/search", "/recommend", "/recommend_for_user", "/similar"}


def test_healthz_tells_source_revision_and_age(app: str) -> None:
    health = json.load(urlopen(f"{app}/healthz"))
    assert health["status"] == "ok"
    assert health["source"] == "bundled with the app"
    assert len(health["revision"]) == 12
    assert health["age_seconds"] >= 0


def test_the_first_page_is_small(app: str) -> None:
    assert len(urlopen(app).read()) <= 150_000
