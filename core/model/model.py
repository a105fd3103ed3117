"""The model: a recommender with existing users, and how it gets to and from disk and the Hub."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.catalogue import Catalogue
from ..data.scale import WATCHED
from ..disk import OpenFolder
from ..errors import ArtifactError, InputError
from ..hub.on_demand import OnDemand
from ..numerics.arrays import Int64
from ..recommend.fold_in import Taste
from . import files as artifact
from .card import model_card
from .recommender import Recommender
from .storage import check_for_loading, read_recommender, read_users, shapes_of, to_files
from .stored_users import Users

if TYPE_CHECKING:
    from ..hub.client import Pushed


@dataclass(frozen=True)
class Model(Recommender):
    """A trained recommender with existing users. Made by `core.train` or read by `load`; immutable.

    Attributes
    ----------
    load_users
        Returns the existing users. It is called each time, and caches them itself.
    revision
        The commit on the Hub that the model was pulled from, or an empty string.
    """

    load_users: Callable[[], Users]
    revision: str = ""

    @property
    def users(self) -> Users:
        """The existing users. Raises `HubError` while they cannot be fetched."""
        return self.load_users()

    @property
    def user_ids(self) -> Int64:
        """Ids of the existing users, ascending, int64 [n_users]."""
        return self.users.user_ids

    def user_taste(self, user_id: int | str) -> Taste:
        """Return the taste of an existing user, whose ratings are a whole list.

        Raises `InputError` for an id that is not in `user_ids`.
        """
        row = self.users.row(user_id)
        history = self.users.history[[row]]
        return Taste(history, history, self, user_id=int(user_id), complete=True)

    def with_titles(self, catalogue: Catalogue) -> "Model":
        """Return the same model for a catalogue with more titles, without training: see `Recommender.with_titles`.

        Raises `HubError` while the existing users cannot be fetched, and `InputError` if the catalogue lacks a title.
        """
        recommender = super().with_titles(catalogue)
        return Model.assemble(recommender, self.users.with_titles(self.catalogue, catalogue, recommender.ranker.embed))

    def with_quality(self, metrics: dict[str, float], peers: dict[str, dict[str, float]]) -> "Model":
        """Return the model with these measured figures in `info`: see `core.evaluation.report.quality`."""
        return replace(self, info=replace(self.info, metrics=self.info.metrics | metrics, peers=peers))

    def with_sources(self, sources: Iterable[str]) -> "Model":
        """Return the model that says that its ratings come from these sources: see `core.model.sources`."""
        return replace(self, info=replace(self.info, sources=list(sources)))

    # -- files ------------------------------------------------------------------------------

    def files(self, **card: str) -> dict[str, bytes]:
        """Return the model's files by name: see `core.model.files`; ``card`` as for `core.model.card.model_card`."""
        return to_files(self, self.users, **card)

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder, whole or not at all: see `core.disk`. An older model is replaced.

        Raises `ArtifactError` if the folder holds other files, and `OutputError` if it cannot be written.
        """
        artifact.write_model(folder, self.files())

    @classmethod
    def load(cls, folder: str | Path) -> "Model":
        """Return the model that `save` wrote. Existing users are read when first needed.

        Raises
        ------
        ArtifactError
            A file is missing or fails validation: see `core.model.files.read_tensors`.
        """
        opened = artifact.open_model(folder)
        return cls._read(opened, lambda: opened)

    @classmethod
    def _read(
        cls, opened: OpenFolder, open_users: Callable[[], OpenFolder], revision: str = "", within: float | None = None
    ) -> "Model":
        """Return the model in a folder; ``open_users`` opens the folder with the users' file when that is needed."""
        with artifact.trial(opened.path):
            recommender = read_recommender(opened)
        opened.close(keep={artifact.USERS})

        def load_users() -> Users:
            folder = open_users()
            with artifact.trial(folder.path / artifact.USERS):
                users = read_users(folder, recommender)
            folder.close()
            return users

        model = cls(**_fields(recommender), load_users=OnDemand(load_users, within), revision=revision)
        with artifact.trial(opened.path):
            first, *others = (int(anime_id) for anime_id in model.item_ids[:2])
            model.recommend(model.fold_in({first: model.rating_scale.high} | dict.fromkeys(others, WATCHED)), 1)
            model_card(model.info, model.catalogue)
        return model

    # -- the Hub ----------------------------------------------------------------------------

    def push_to_hub(
        self,
        repo_id: str,
        *,
        private: bool = False,
        revision: str | None = None,
        create_pr: bool = False,
        token: str | None = None,
    ) -> "Pushed":
        """Upload all files as one commit: see `core.hub.client.push`. Raises `HubError`."""
        from ..hub.client import push  # not above: huggingface_hub takes a third of a second to import

        message = f"AniSVD model trained {self.info.trained_at}"
        options: dict[str, Any] = {"private": private, "revision": revision, "create_pr": create_pr, "token": token}
        return push(self.files(repo_id=repo_id), repo_id, message=message, **options)

    @classmethod
    def from_hub(
        cls,
        repo_id: str,
        revision: str | None = None,
        *,
        cached: bool = False,
        token: str | None = None,
        users_within: float | None = None,
    ) -> "Model":
        """Return a model that `push_to_hub` pushed, validated.

        Only the files that a first answer needs are downloaded. Existing users are fetched when first
        needed, from the same commit.

        Parameters
        ----------
        revision
            Branch, tag or commit; None: ``main``. A full commit id that is in the cache makes no request.
        cached
            Use only the local cache, except for existing users.
        users_within
            How many seconds an answer about existing users waits for their file before it raises
            `HubError` (the download goes on); None: without limit.

        Raises
        ------
        HubError
            The model cannot be pulled: see `core.hub.client.pull`.
        ArtifactError
            The model fails validation.
        """
        from ..hub.client import pull

        folder = pull(repo_id, artifact.FIRST_FILES, revision=revision, cached=cached, token=token)

        def open_users() -> OpenFolder:
            return artifact.open_model(pull(repo_id, [artifact.USERS], revision=folder.name, token=token))

        return cls._read(artifact.open_model(folder), open_users, folder.name, users_within)

    @classmethod
    def assemble(cls, recommender: Recommender, users: Users) -> "Model":
        """Return a recommender with users, its shapes entered in ``info``.

        Raises `InputError` if the model could not be loaded again.
        """
        info = replace(recommender.info, shapes=shapes_of(recommender, users))
        model = cls(**_fields(recommender) | {"info": info}, load_users=lambda: users)
        try:
            check_for_loading(model, users)
        except ArtifactError as error:
            raise InputError(
                f"These ratings and settings give no usable model: {error} Use more ratings, or other settings."
            ) from error
        return model


def _fields(recommender: Recommender) -> dict[str, Any]:
    """Return the parts of a recommender by name, not copied."""
    return {field.name: getattr(recommender, field.name) for field in fields(Recommender)}
