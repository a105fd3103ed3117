"""Watchlists in the exact formats of MyAnimeList and AniList."""

import html
import io
import json
import zipfile
from typing import Any

MAL_ENTRY = """
	<anime>
		<series_animedb_id>{anime_id}</series_animedb_id>
		<series_title><![CDATA[{title}]]></series_title>
		<series_type>TV</series_type>
		<series_episodes>12</series_episodes>
		<my_id>0</my_id>
		<my_watched_episodes>3</my_watched_episodes>
		<my_start_date>2021-01-01</my_start_date>
		<my_finish_date>0000-00-00</my_finish_date>
		<my_rated></my_rated>
		<my_score>{score}</my_score>
		<my_storage></my_storage>
		<my_storage_value>0.00</my_storage_value>
		<my_status>{status}</my_status>
		<my_comments><![CDATA[so <good> & "long"]]></my_comments>
		<my_times_watched>0</my_times_watched>
		<my_rewatch_value></my_rewatch_value>
		<my_priority>LOW</my_priority>
		<my_tags><![CDATA[a, b]]></my_tags>
		<my_rewatching>{rewatching}</my_rewatching>
		<my_rewatching_ep>0</my_rewatching_ep>
		<my_discuss>1</my_discuss>
		<my_sns>default</my_sns>
		<update_on_import>0</update_on_import>
	</anime>
"""
MANGA = "<manga><manga_mangadb_id>1</manga_mangadb_id><my_status>Reading</my_status></manga>"


def mal_entry(
    anime_id: object, status: str = "Completed", score: object = 0, title: str = "A Show", rewatching: int = 0
) -> str:
    return MAL_ENTRY.format(
        anime_id=anime_id, title=html.escape(title, quote=True), score=score, status=status, rewatching=rewatching
    )


def mal_export(entries: str, *, user: str = "somebody", export_type: int = 1, encoding: str = "UTF-8") -> str:
    return f"""<?xml version="1.0" encoding="{encoding}" ?>
<!--
 Created by XML Export feature at MyAnimeList.net
 Version 1.1.0
-->

<myanimelist>

	<myinfo>
		<user_id>123456</user_id>
		<user_name>{user}</user_name>
		<user_export_type>{export_type}</user_export_type>
		<user_total_anime>{entries.count("<anime>")}</user_total_anime>
		<user_total_watching>0</user_total_watching>
		<user_total_completed>0</user_total_completed>
		<user_total_onhold>0</user_total_onhold>
		<user_total_dropped>0</user_total_dropped>
		<user_total_plantowatch>0</user_total_plantowatch>
	</myinfo>
{entries}
</myanimelist>
"""


def anilist_entry(
    media_id: int | None, id_mal: int | None, status: str | None = "COMPLETED", score: object = 0, **more: Any
) -> dict[str, Any]:
    day = {"year": 2021, "month": None, "day": None}
    title = {"romaji": "Aru Shou", "english": more.pop("title", "A Show"), "native": "ある章"}
    media = {"id": media_id, "idMal": id_mal, "type": "ANIME", "format": "TV", "title": title} | more.pop("media", {})
    return {
        "id": 1, "mediaId": media_id, "status": status, "score": score, "progress": 3, "repeat": 0, "private": False,
        "notes": None, "customLists": {"Best": True}, "startedAt": day, "completedAt": day, "media": media,
    } | more  # fmt: skip


def anilist_answer(*lists: list[dict[str, Any]], score_format: str | None = "POINT_100") -> dict[str, Any]:
    options = {} if score_format is None else {"mediaListOptions": {"scoreFormat": score_format}}
    groups = [{"name": "Completed", "isCustomList": False, "status": None, "entries": entries} for entries in lists]
    collection = {"user": {"id": 1, "name": "somebody"} | options, "lists": groups, "hasNextChunk": False}
    return {"data": {"MediaListCollection": collection}}


def anilist_error(message: str, status: int) -> dict[str, Any]:
    error = {"message": message, "status": status, "locations": [{"line": 2, "column": 3}]}
    return {"errors": [error], "data": {"MediaListCollection": None}}


def anilist_download(*entries: dict[str, Any]) -> dict[str, Any]:
    common = {
        "id": 9, "user_id": 1, "progress": 3, "progress_volumes": 0, "repeat": 0, "priority": 0, "private": 0,
        "notes": None, "hidden_default": 0, "custom_lists": "[]", "advanced_scores": "[]", "started_on": 20210101,
        "finished_on": 0, "created_at": "2021-01-01 00:00:00", "updated_at": "2021-01-01 00:00:00",
    }  # fmt: skip
    return {
        "user": {"id": 1, "display_name": "somebody", "email": "a@example.org"}, "stats": [], "favourites": [],
        "lists": [common | entry for entry in entries], "activity": [{"object_id": 1, "action_type": 1}],
    }  # fmt: skip


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def zipped(content: str | bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("animelist.xml", content)
    return stream.getvalue()
