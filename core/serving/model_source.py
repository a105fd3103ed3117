"""Which model the app serves, and how it follows a newer one.

`ModelSource` takes the first of these that works: ``MODEL_DIR`` (a local folder), the repository
``MODEL_REPO_ID`` at ``MODEL_REVISION`` (from the Hub, then from its local cache), and the model
that the package brings along. A source that fails is named in `ServedModel.notice`, never hidden:
the app always starts, and always says what it runs.

A branch is then followed: now and then a thread asks for its newest commit, pulls and validates it
beside the model in service, and puts it in its place by a single assignment. Whoever asks gets an
answer from the one or from the other, and what fails leaves the old one serving.
"""

import ctypes
import gc
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ..errors import AniSVDError, ArtifactError, HubError
from ..hub import client as hub
from ..hub.on_demand import in_background
from ..model import files as artifact
from ..model.model import Model

BUNDLED = Path(__file__).parents[1] / "bundled"
BUNDLED_SOURCE = "bundled with the app"
OTHER_MODEL, NOT_YET, FROM_CACHE = NOTICES = (
    "The configured model could not be loaded; this is another one.",
    "The configured model could not be loaded yet; until then this is the bundled one.",
    "The Hub could not be reached; this is the newest model that was seen before.",
)
"""What `ServedModel.notice` may say."""
REFRESH_SECONDS = 300.0
RETRY_SECONDS = 20.0
ANSWER_SECONDS, DOWNLOAD_SECONDS = 1.5, 2.5
"""How long the start waits for the Hub to answer at all, and then to deliver; later is `follow`'s business."""
USERS_SECONDS = 1.0
LEAST_PAUSE, LONGEST_PAUSE = 0.2, 1e6
SETTLE_SECONDS = 1.0

Result = TypeVar("Result")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedModel:
    """A model in service.

    Attributes
    ----------
    model
        What answers.
    source
        Where it comes from, in words for the page.
    revision
        The commit on the Hub; the start of its data's fingerprint for local models.
    loaded_at
        UTC.
    notice
        What a visitor should know (a better source failed), or an empty string.
    """

    model: Model
    source: str
    revision: str
    loaded_at: datetime
    notice: str = ""

    def health(self) -> dict[str, object]:
        """What ``GET /healthz`` answers: source, revision and age."""
        return {
            "status": "ok",
            "source": self.source,
            "revision": self.revision,
            "trained_at": self.model.info.trained_at,
            "loaded_at": self.loaded_at.isoformat(timespec="seconds"),
            "age_seconds": round((datetime.now(UTC) - self.loaded_at).total_seconds(), 1),
            "notice": self.notice,
        }


class ModelSource:
    """The model in service, and the search for a newer one.

    Parameters
    ----------
    environment
        ``MODEL_DIR``, ``MODEL_REPO_ID``, ``MODEL_REVISION`` (empty: ``main``; a full commit id pins
        it), ``MODEL_REFRESH_SECONDS`` (how often to look for a newer one; 0: never) and
        ``MODEL_RETRY_SECONDS`` (how often to try again as long as the Hub's model isn't there).

    Raises
    ------
    ArtifactError
        Even the bundled model fails.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._folder = environment.get("MODEL_DIR", "").strip()
        self._repo_id = environment.get("MODEL_REPO_ID", "").strip()
        self._revision = environment.get("MODEL_REVISION", "").strip() or None
        self._refresh_seconds = _seconds(environment, "MODEL_REFRESH_SECONDS", REFRESH_SECONDS)
        self._retry_seconds = _seconds(environment, "MODEL_RETRY_SECONDS", RETRY_SECONDS)
        self._refused: str | None = None
        self._complaint = ""
        self._trouble = ""  # with the configured folder: it stays, whatever serves instead
        self._served = self._first()

    def current(self) -> ServedModel:
        """What is in service now: take it once for each answer."""
        return self._served

    @property
    def settled(self) -> bool:
        """Whether there is nothing (more) to look for."""
        if not self._repo_id or (self._folder and not self._trouble):
            return True
        return self._up_to_date and (hub.is_pinned(self._revision) or self._refresh_seconds == 0)

    def follow(self) -> None:
        """Keep looking, in a thread of its own, until there is nothing more to look for."""

        def keep_looking() -> None:
            while not self.settled:
                # What is wanted and not there yet is looked for sooner than what is newer still.
                seconds = self._refresh_seconds if self._up_to_date else self._retry_seconds
                pause.wait(min(max(seconds, LEAST_PAUSE), LONGEST_PAUSE))
                if self.refresh():
                    pause.wait(SETTLE_SECONDS)  # whoever still asks the old model
                    _give_back_memory()

        pause = threading.Event()
        threading.Thread(target=keep_looking, name="follow-the-model", daemon=True).start()

    def refresh(self) -> bool:
        """Look once, and say whether another model was put into service. What is wrong is logged,
        the same thing once, and leaves the model in service.
        """
        try:
            newest = hub.newest(self._repo_id, self._revision, timeout=ANSWER_SECONDS * 5)
            if newest == self._refused:
                return False
            if newest == self._served.revision:  # perhaps it came from the cache, and is the newest after all
                self._served = replace(self._served, notice=self._trouble)
                self._complaint = ""
                return False
            self._served = self._pull(newest)
        except AniSVDError as error:
            self._complain(error)
            return False
        log.info("Now serving %s, revision %s", self._served.source, self._served.revision)
        self._complaint = ""
        return True

    # -- the start --------------------------------------------------------------------------

    def _first(self) -> ServedModel:
        notice = ""
        if self._folder:
            try:
                return _local(Path(self._folder), f"local folder {Path(self._folder).name}")
            except AniSVDError as error:
                log.warning("MODEL_DIR is set, and its model is refused: %s", error)
                notice = self._trouble = OTHER_MODEL
        if self._repo_id:
            for attempt in (self._from_the_hub, self._from_the_cache):
                try:
                    return attempt()
                except AniSVDError as error:
                    self._complain(error)
            notice = NOT_YET
        return _local(BUNDLED, BUNDLED_SOURCE, notice)

    def _from_the_hub(self) -> ServedModel:
        pinned = self._revision if hub.is_pinned(self._revision) else None
        if pinned and pinned in hub.cached_revisions(self._repo_id, artifact.FIRST_FILES):
            return self._pull(pinned)  # without a request
        newest = _within(ANSWER_SECONDS, lambda: hub.newest(self._repo_id, self._revision, timeout=ANSWER_SECONDS))
        return _within(DOWNLOAD_SECONDS, lambda: self._pull(newest))

    def _from_the_cache(self) -> ServedModel:
        """The newest that was served before, or else that was pulled, if it is whole."""
        if hub.is_pinned(self._revision):
            raise HubError(f"{self._repo_id}: revision {self._revision} is not in the cache.")
        pulled = hub.cached_revisions(self._repo_id, artifact.FIRST_FILES)
        known = hub.remembered(self._repo_id, self._revision)
        for revision in [*([known] if known in pulled else []), *pulled]:
            with suppress(AniSVDError):
                return replace(self._pull(revision, cached=True), notice=FROM_CACHE)
        raise HubError(f"{self._repo_id}: no usable model is in the cache.")

    def _pull(self, revision: str, cached: bool = False) -> ServedModel:
        """A revision, validated. One that fails is not tried again."""
        try:
            model = Model.from_hub(self._repo_id, revision, cached=cached, users_within=USERS_SECONDS)
        except ArtifactError as error:
            self._refused = revision
            raise ArtifactError(f"Revision {revision[:12]} of {self._repo_id} is refused: {error}") from error
        if not cached:
            hub.remember(self._repo_id, self._revision, revision)
        source = f"{self._repo_id} on the Hugging Face Hub"
        return ServedModel(model, source, revision, datetime.now(UTC), self._trouble)

    @property
    def _up_to_date(self) -> bool:
        """Whether what serves came from the Hub, and not for want of something newer."""
        return bool(self._served.model.revision) and self._served.notice == self._trouble

    def _complain(self, error: AniSVDError) -> None:
        """Log a problem, but not again and again."""
        if str(error) != self._complaint:
            log.warning("%s", error)
            self._complaint = str(error)


def _local(folder: Path, source: str, notice: str = "") -> ServedModel:
    model = Model.load(folder)
    fingerprint = str(model.info.data.get("fingerprint", ""))[:12]
    return ServedModel(model, source, fingerprint, datetime.now(UTC), notice)


def _give_back_memory() -> None:
    """Free the model that was replaced, and hand what it took back to the system (where libc can)."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _seconds(environment: Mapping[str, str], name: str, usual: float) -> float:
    """What the environment says of a time; the usual one for nothing, and for nonsense."""
    told = environment.get(name, "").strip()
    try:
        seconds = float(told or usual)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        log.warning("%s is %r; expected 0 or more seconds. Taking %g.", name, told, usual)
        return usual
    return seconds


def _within(seconds: float, call: Callable[[], Result]) -> Result:
    """What ``call`` returns or raises, if it does so in time; else `HubError`. What is late goes on
    in its thread, for the cache.
    """
    try:
        return in_background(call).result(timeout=seconds)
    except TimeoutError:
        raise HubError(
            f"The Hub did not deliver within {seconds:g} seconds; looking again in the background."
        ) from None
