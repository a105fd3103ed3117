"""Which model the app serves: the first of the configured sources that works.

`choose_model` looks at ``MODEL_DIR`` (a local folder), then takes the model that the package
brings along. A source that fails is named in `ServedModel.notice`, never hidden: the app always
starts, and always says what it runs.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import AniSVDError
from core.model import Model

BUNDLED = Path(__file__).parent / "bundled"

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
        What tells it from other versions: the start of its data's fingerprint for local models.
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


def choose_model(environment: Mapping[str, str]) -> ServedModel:
    """Load the first source that works. Raises `ArtifactError` only if the bundled model fails."""
    notice = ""
    folder = environment.get("MODEL_DIR", "")
    if folder:
        try:
            return _serve(Path(folder), f"local folder {Path(folder).name}")
        except AniSVDError as error:
            log.warning("MODEL_DIR is set, and its model is refused: %s", error)
            notice = "The configured model could not be loaded; this is the bundled one."
    return _serve(BUNDLED, "bundled with the app", notice)


def _serve(folder: Path, source: str, notice: str = "") -> ServedModel:
    model = Model.load(folder)
    fingerprint = str(model.info.data.get("fingerprint", ""))[:12]
    return ServedModel(model, source, fingerprint, datetime.now(UTC), notice)
