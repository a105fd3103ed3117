"""The model that the app serves, and the search for a newer one.

`ModelSource` takes the first of these that works: ``MODEL_DIR`` (a local folder), the repository
``MODEL_REPO_ID`` at ``MODEL_REVISION`` (from the Hub, then from its local cache), and the bundled
model. `ServedModel.notice` names a source that failed: the app always starts, and always says which
model it runs.

If the revision is a branch, a thread then asks for its newest commit from time to time, pulls and
validates it while the old model serves, and replaces that by one assignment. A request sees either
the old or the new model. After a failure, of whatever kind, the old one serves on.

A model gives a rehearsal before it enters service. Only the bundled model, which the tests have
rehearsed, serves at once and rehearses meanwhile, to be fast for its first visitors.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ..errors import AniSVDError, ArtifactError, HubError
from ..hub import client as hub
from ..hub.on_demand import within
from ..model import files as artifact
from ..model.model import Model
from .memory import give_back_memory

BUNDLED = Path(__file__).parents[1] / "bundled"
BUNDLED_SOURCE = "bundled with the app"
OTHER_MODEL, NOT_YET, FROM_CACHE = NOTICES = (
    "The configured model could not be loaded; this is another one.",
    "The configured model could not be loaded yet; until then this is the bundled one.",
    "The Hub could not be reached; this is the newest model that was seen before.",
)
"""The possible texts of `ServedModel.notice`."""
FOLDER_REFUSED = "The model in MODEL_DIR is refused; the log says why."
REHEARSAL_FAILED = "The model in service fails in its rehearsal; the log says why."
REFRESH_SECONDS = 300.0
RETRY_SECONDS = 20.0
ANSWER_SECONDS, DOWNLOAD_SECONDS = 1.5, 2.5
"""How long the start waits for the Hub's first answer, and then for the model; after that `follow` takes over."""
USERS_SECONDS = 1.0
MIN_PAUSE, MAX_PAUSE = 0.2, 1e6
SETTLE_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedModel:
    """A model in service.

    ``source`` is its source in words for the page, ``revision`` its commit on the Hub (for a local
    model the first 12 letters of the fingerprint of its data), ``loaded_at`` a time in UTC. ``notice``
    is a sentence for visitors if a better source failed, else empty. ``trouble`` is one for the operator,
    if another model should serve. ``rehearsed`` says whether the rehearsal is over: the first visitor
    then waits no longer than others. ``looked_at`` is when the Hub last said that it is the newest.
    ``made`` keeps what was made of the model, by a name, as long as it serves.
    """

    model: Model
    source: str
    revision: str
    loaded_at: datetime
    notice: str = ""
    trouble: str = ""
    rehearsed: bool = False
    looked_at: datetime | None = None
    made: dict[Hashable, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def age_seconds(self) -> float:
        """For how long the model has been in service."""
        return seconds_since(self.loaded_at)

    def health(self) -> dict[str, object]:
        """Return the answer of ``GET /healthz``."""
        return {
            "status": "degraded" if self.trouble else "ok",
            "reason": self.trouble,
            "source": self.source,
            "revision": self.revision,
            "trained_at": self.model.info.trained_at,
            "loaded_at": self.loaded_at.isoformat(timespec="seconds"),
            "age_seconds": round(self.age_seconds, 1),
            "notice": self.notice,
        }


Rehearsal = Callable[[ServedModel], None]
"""Asks a model what visitors will ask it. Raises whatever goes wrong."""


class ModelSource:
    """The model in service, and the search for a newer one.

    The environment has ``MODEL_DIR``, ``MODEL_REPO_ID``, ``MODEL_REVISION`` (empty: ``main``; a full
    commit id pins it), ``MODEL_REFRESH_SECONDS`` (the pause before each look for a newer model; 0:
    never look) and ``MODEL_RETRY_SECONDS`` (the pause while the model of the Hub isn't loaded yet).
    Raises `ArtifactError` if all sources fail, even the bundled model.
    """

    def __init__(self, environment: Mapping[str, str], rehearse: Rehearsal = lambda served: None) -> None:
        self._folder = environment.get("MODEL_DIR", "").strip()
        self._repo_id = environment.get("MODEL_REPO_ID", "").strip()
        self._revision = environment.get("MODEL_REVISION", "").strip() or None
        self._refresh_seconds = _seconds(environment, "MODEL_REFRESH_SECONDS", REFRESH_SECONDS)
        self._retry_seconds = _seconds(environment, "MODEL_RETRY_SECONDS", RETRY_SECONDS)
        self._rehearse = rehearse
        self._refused_commit = self._refusal = ""
        self._last_warning = ""
        self._folder_notice = self._folder_trouble = ""  # on every model that serves instead of a folder that failed
        self._served = self._load_first()

    def current(self) -> ServedModel:
        """Return the model in service. Call it once for each request."""
        return self._served

    @property
    def settled(self) -> bool:
        """Whether there is nothing more to look for."""
        if not self._repo_id or (self._folder and not self._folder_notice):
            return True
        return self._is_up_to_date and (hub.is_pinned(self._revision) or self._refresh_seconds == 0)

    def follow(self) -> None:
        """Start a thread that ends the rehearsal, and looks for newer models until `settled`."""

        def keep_looking() -> None:
            self._rehearse_bundled()
            give_back_memory()
            while not self.settled:
                seconds = self._refresh_seconds if self._is_up_to_date else self._retry_seconds
                time.sleep(min(max(seconds, MIN_PAUSE), MAX_PAUSE))
                if self.refresh():
                    time.sleep(SETTLE_SECONDS)  # requests that still use the old model
                    give_back_memory()

        threading.Thread(target=keep_looking, name="follow-the-model", daemon=True).start()

    def refresh(self) -> bool:
        """Look for a newer model once. Return whether another model was put into service.

        A failure of any kind is logged, once if it repeats, and leaves the old model in service.
        """
        try:
            commit = hub.newest_commit(self._repo_id, self._revision, timeout=ANSWER_SECONDS * 5)
            if commit == self._refused_commit:
                raise ArtifactError(self._refusal)
            if commit == self._served.revision:  # a model from the cache may turn out to be the newest
                self._served = replace(self._served, notice=self._folder_notice, trouble=self._folder_trouble)
                self._succeed()
                return False
            self._served = self._admitted(self._pull(commit))
        except Exception as error:
            self._report(error)
            self._served = replace(self._served, trouble=_headline(error))
            return False
        log.info("Now serving %s, revision %s", self._served.source, self._served.revision)
        self._succeed()
        return True

    def _succeed(self) -> None:
        """Note that the model in service is the newest one."""
        self._served = replace(self._served, looked_at=datetime.now(UTC))
        self._last_warning = ""

    def _rehearse_bundled(self) -> None:
        """Let the model in service rehearse if it has not. A failure is logged: there is no other model."""
        if self._served.rehearsed:
            return
        try:
            self._rehearse(self._served)
        except Exception as error:
            self._report(error)
            self._served = replace(self._served, trouble=REHEARSAL_FAILED)
        self._served = replace(self._served, rehearsed=True)

    @property
    def _is_up_to_date(self) -> bool:
        """Whether the model in service comes from the Hub, and is no makeshift for another one."""
        return bool(self._served.model.revision) and self._served.notice == self._folder_notice

    def _load_first(self) -> ServedModel:
        """Return the model of the first source that works."""
        if self._folder:
            try:
                return self._rehearsed(_load_folder(Path(self._folder), f"local folder {Path(self._folder).name}"))
            except Exception as error:
                self._report(error)
                self._folder_notice, self._folder_trouble = OTHER_MODEL, FOLDER_REFUSED
        if not self._repo_id:
            return _load_folder(BUNDLED, BUNDLED_SOURCE, self._folder_notice, self._folder_trouble)
        trouble = ""
        for load in (self._load_from_hub, self._load_from_cache):
            try:
                return replace(load(), trouble=trouble or self._folder_trouble)
            except Exception as error:
                self._report(error)
                trouble = trouble or _headline(error)
        return _load_folder(BUNDLED, BUNDLED_SOURCE, NOT_YET, trouble)

    def _load_from_hub(self) -> ServedModel:
        pinned = self._revision if hub.is_pinned(self._revision) else None
        if pinned and pinned in hub.cached_commits(self._repo_id, artifact.FIRST_FILES):
            return self._admitted(self._pull(pinned))  # without a request
        commit = within(
            ANSWER_SECONDS, lambda: hub.newest_commit(self._repo_id, self._revision, timeout=ANSWER_SECONDS)
        )
        served = self._admitted(within(DOWNLOAD_SECONDS, lambda: self._pull(commit)))
        return replace(served, looked_at=datetime.now(UTC))

    def _load_from_cache(self) -> ServedModel:
        """Return the model that was served last, or the one pulled last, whichever is valid first."""
        if hub.is_pinned(self._revision):
            raise HubError(f"{self._repo_id}: revision {self._revision} is not in the cache.")
        last_served = hub.last_served_commit(self._repo_id, self._revision)
        cached = hub.cached_commits(self._repo_id, artifact.FIRST_FILES)
        for commit in sorted(cached, key=lambda commit: commit != last_served):
            with suppress(AniSVDError):
                served = self._admitted(self._pull(commit, cached=True), cached=True)
                return replace(served, notice=FROM_CACHE)
        raise HubError(f"{self._repo_id}: no usable model is in the cache.")

    def _pull(self, commit: str, cached: bool = False) -> ServedModel:
        """Return the validated model of a commit."""
        with self._refusing(commit):
            model = Model.from_hub(self._repo_id, commit, cached=cached, users_within=USERS_SECONDS)
            _ = model.own_heads  # a textbook model cannot be served
        source = f"{self._repo_id} on the Hugging Face Hub"
        return ServedModel(model, source, commit, datetime.now(UTC), self._folder_notice, self._folder_trouble)

    def _admitted(self, served: ServedModel, cached: bool = False) -> ServedModel:
        """Return a model of the Hub after its rehearsal, ready to serve."""
        with self._refusing(served.revision):
            served = self._rehearsed(served)
        if not cached:
            hub.note_served_commit(self._repo_id, self._revision, served.revision)
        return served

    def _rehearsed(self, served: ServedModel) -> ServedModel:
        """Return a model after its rehearsal. Raises `ArtifactError` if that fails."""
        try:
            self._rehearse(served)
        except Exception as error:
            raise ArtifactError(f"The model fails in its rehearsal: {error!r}") from error
        return replace(served, rehearsed=True)

    @contextmanager
    def _refusing(self, commit: str) -> Iterator[None]:
        """Raise `ArtifactError` if the model of a commit is wrong. It is not tried again."""
        try:
            yield
        except (HubError, OSError, MemoryError):  # of the network or this machine
            raise
        except Exception as error:
            self._refused_commit = commit
            self._refusal = f"Revision {commit[:12]} of {self._repo_id} is refused: {error}"
            raise ArtifactError(self._refusal) from error

    def _report(self, error: Exception) -> None:
        """Log an error, unless it is the same as the last one."""
        if repr(error) != self._last_warning:
            log.warning("%s", error, exc_info=None if isinstance(error, AniSVDError) else error)
            self._last_warning = repr(error)


def _headline(error: Exception) -> str:
    """Return what failed, without the details, which may name folders of this machine."""
    text = str(error) if isinstance(error, AniSVDError) else f"The search for a model ended in a {type(error).__name__}"
    return f"{text.partition(': ')[0].rstrip('.')}; the log says why."


def _load_folder(folder: Path, source: str, notice: str = "", trouble: str = "") -> ServedModel:
    model = Model.load(folder)
    _ = model.own_heads  # a textbook model cannot be served
    fingerprint = str(model.info.data.get("fingerprint", ""))[:12]
    return ServedModel(model, source, fingerprint, datetime.now(UTC), notice, trouble)


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    """Return a time from the environment, the default if it is missing or wrong."""
    text = environment.get(name, "").strip()
    try:
        seconds = float(text or default)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        log.warning("%s is %r; expected 0 or more seconds. Taking %g.", name, text, default)
        return default
    return seconds


def seconds_since(time: datetime) -> float:
    """Return the seconds from a time in UTC until now."""
    return (datetime.now(UTC) - time).total_seconds()
