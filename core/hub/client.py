"""The road to and from the Hugging Face Hub: push, pull, pin, and ask what is newest.

Files in, files out: nothing in here knows what a model is. A push is one commit, so that whoever
pulls gets the old files or the new ones, whole. A pull settles on one commit first and takes every
file from it. Whatever goes wrong comes out as one `HubError`, a sentence without secrets.
"""

import hashlib
import re
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import (
    CommitInfo,
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    constants,
    hf_hub_download,
    try_to_load_from_cache,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ..errors import HubError

Operation = CommitOperationAdd | CommitOperationDelete
MAIN = "main"
KEPT_IN_A_SPACE = frozenset({".gitattributes"})  # the Hub's own, which says what it stores apart
FULL_SHA = re.compile(r"[0-9a-f]{40}")
SECRET = re.compile(r"hf_\w+|(?i:bearer)\s+\S+")
EXPLAINED = {
    403: "the token does not have the right to do this. It needs write access to the repository",
    409: "somebody else changed it at the same moment. Try again",
    412: "somebody else changed it at the same moment. Try again",
    429: "the Hub asks to slow down. Try again in a few minutes",
}


@dataclass(frozen=True)
class Pushed:
    """Where a push went: the commit's page and its id, the pull request's page if it made one, and
    whether anything was new to the Hub at all.
    """

    url: str
    revision: str
    pull_request: str = ""
    changed: bool = True


@dataclass(frozen=True)
class Pulled:
    """A folder with files of one commit, and the commit's id."""

    folder: Path
    revision: str


def push(
    files: Mapping[str, bytes],
    repo_id: str,
    *,
    message: str,
    private: bool = False,
    revision: str | None = None,
    create_pr: bool = False,
    token: str | None = None,
) -> Pushed:
    """Upload files as one commit, into a model repository that is made if there is none.

    Parameters
    ----------
    revision
        The branch, made if there is none; None: ``main``.
    create_pr
        Open a pull request instead of changing the branch.

    Raises
    ------
    HubError
        With what was refused and what to do. Then nothing was changed.
    """
    _check_name(repo_id)
    api = HfApi(token=_stripped(token))
    with _explained(f"{repo_id} could not be pushed to"):
        api.create_repo(repo_id, private=private, exist_ok=True)
        branch = revision or MAIN
        if branch != MAIN and not create_pr:
            api.create_branch(repo_id, branch=branch, exist_ok=True)
        parent = api.model_info(repo_id, revision=branch).sha
        commit = _commit(
            api,
            repo_id,
            [CommitOperationAdd(name, content) for name, content in sorted(files.items())],
            commit_message=message,
            revision=branch,
            create_pr=create_pr,
            parent_commit=parent,
        )
    return Pushed(commit.commit_url, commit.oid, commit.pr_url or "", changed=commit.oid != parent)


def push_space(
    files: Mapping[str, bytes],
    space_id: str,
    *,
    own_files: Collection[str],
    variables: Mapping[str, str],
    message: str,
    private: bool = False,
    token: str | None = None,
) -> Pushed:
    """Make a Gradio Space hold exactly these files, by one commit, and set its variables.

    The Space is created if it does not exist. A variable with an empty value is removed.

    Parameters
    ----------
    own_files
        A Space that already holds files is overwritten only if one of these is among them.

    Raises
    ------
    HubError
        The Space holds something else, cannot be reached, or refuses.
    """
    _check_name(space_id)
    api = HfApi(token=_stripped(token))
    with _explained(f"The Space {space_id} could not be deployed"):
        api.create_repo(space_id, repo_type="space", space_sdk="gradio", private=private, exist_ok=True)
        there = set(api.list_repo_files(space_id, repo_type="space"))
        gone = there - set(files) - KEPT_IN_A_SPACE
        if gone and there.isdisjoint(own_files):
            raise HubError(f"The Space {space_id} holds something else, such as {min(gone)!r}. Choose another name.")
        operations: list[Operation] = [CommitOperationAdd(name, content) for name, content in sorted(files.items())]
        operations += [CommitOperationDelete(name) for name in sorted(gone)]
        commit = _commit(api, space_id, operations, repo_type="space", commit_message=message)
        old = api.get_space_variables(space_id)
        for name, value in variables.items():
            if value:
                api.add_space_variable(space_id, name, value)
            elif name in old:
                api.delete_space_variable(space_id, name)
    return Pushed(commit.commit_url, commit.oid)


def pull(
    repo_id: str, names: Sequence[str], *, revision: str | None = None, cached: bool = False, token: str | None = None
) -> Pulled:
    """Files of one commit, from the cache where they are there, else downloaded to it.

    Parameters
    ----------
    names
        The first is used to find the commit that ``revision`` means.
    revision
        Branch, tag or commit; None: ``main``. A full commit id that is cached makes no request.
    cached
        Use the cache alone and make no request at all.

    Raises
    ------
    HubError
        There is no such repository, revision or file, or the Hub cannot be reached.
    """
    _check_name(repo_id)

    def fetch(name: str, revision: str | None) -> Path:
        # `hf_hub_download` may ask the Hub who is calling, even for a file that is in the cache.
        known = try_to_load_from_cache(repo_id, name, revision=revision) if is_pinned(revision) else None
        if isinstance(known, str) and _is_intact(Path(known)):
            return Path(known)
        for again in (False, True):
            path = hf_hub_download(
                repo_id, name, revision=revision, local_files_only=cached, force_download=again, token=_stripped(token)
            )
            if _is_intact(Path(path)):
                return Path(path)
            if cached:
                break
        raise HubError(f"{repo_id}: {name} was damaged on its way here. Try again later.")

    with _explained(f"{repo_id} could not be pulled"):
        if cached and revision is None:
            revision = next(iter(cached_revisions(repo_id, names)), None)
        folder = fetch(names[0], revision).parent
        for name in names[1:]:
            fetch(name, folder.name)
    return Pulled(folder, folder.name)


def newest(repo_id: str, revision: str | None = None, *, timeout: float, token: str | None = None) -> str:
    """The id of the commit that a branch or tag (None: ``main``) means now. Raises `HubError`."""
    _check_name(repo_id)
    with _explained(f"{repo_id} could not be asked for its newest revision"):
        return str(HfApi(token=_stripped(token)).model_info(repo_id, revision=revision, timeout=timeout).sha)


def cached_revisions(repo_id: str, names: Sequence[str]) -> list[str]:
    """Commits of which the cache has all these files, the one fetched last first."""
    folder = _cache_of(repo_id) / "snapshots"
    whole = [path for path in folder.glob("*") if all((path / name).is_file() for name in names)]
    return [path.name for path in sorted(whole, key=lambda path: path.stat().st_mtime, reverse=True)]


def remember(repo_id: str, revision: str | None, commit: str) -> None:
    """Note beside the cache that a branch meant this commit, and that it was good."""
    path = _note(repo_id, revision)
    with suppress(OSError):  # a cache that cannot be written to is none
        part = path.with_name(f"{path.name}.part")
        part.write_text(commit, encoding="ascii")
        part.replace(path)


def remembered(repo_id: str, revision: str | None) -> str:
    """What `remember` noted, or an empty string."""
    try:
        return _note(repo_id, revision).read_text(encoding="ascii")
    except (OSError, UnicodeError):
        return ""


def is_pinned(revision: str | None) -> bool:
    """Whether a revision is a full commit id, which never means anything else later."""
    return bool(revision and FULL_SHA.fullmatch(revision))


def _commit(api: HfApi, repo_id: str, operations: Sequence[Operation], **options: Any) -> CommitInfo:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="It seems that you are about to commit a data file")
        commit: CommitInfo = api.create_commit(repo_id, operations, **options)
    return commit


def _is_intact(path: Path) -> bool:
    """Whether a cached file is what it was uploaded as. The client checks the size alone; the cache
    names contents by their SHA-256 (large files) or git's SHA-1, where it can make links.
    """
    if not path.is_symlink():
        return True
    blob = path.resolve()
    content = blob.read_bytes()
    git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    known = {64: hashlib.sha256(content).hexdigest(), 40: git.hexdigest()}
    return known.get(len(blob.name), blob.name) == blob.name


def _cache_of(repo_id: str) -> Path:
    return Path(constants.HF_HUB_CACHE) / f"models--{repo_id.replace('/', '--')}"


def _note(repo_id: str, revision: str | None) -> Path:
    return _cache_of(repo_id) / f"anisvd-served-{hashlib.sha256((revision or MAIN).encode()).hexdigest()[:16]}"


def _stripped(token: str | None) -> str | None:
    """A token with a line end would be quoted in an error."""
    return token.strip() if token else None


def _check_name(repo_id: str) -> None:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo_id):
        raise HubError(f"{repo_id!r} is not a name on the Hub; expected owner/name, such as 'alice/anisvd'.")


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Any failure of the client as a `HubError` that says what failed, why, and what to do."""
    try:
        yield
    except HubError:
        raise
    except Exception as error:  # the client raises what its HTTP library does, among much else
        raise HubError(f"{what}: {_reason(error)}.") from None


def _reason(error: BaseException) -> str:
    """Why, and what to do; the client hides some reasons behind others."""
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and cause not in chain:
        chain.append(cause)
    for one in chain:
        response = getattr(one, "response", None)
        status = getattr(response, "status_code", None)
        if isinstance(one, GatedRepoError):
            return "its owner wants to be asked first. Request access on its page"
        if isinstance(one, RevisionNotFoundError):
            return "it has no such revision. Its page lists the branches, tags and commits"
        if status == 401 or (isinstance(one, RepositoryNotFoundError) and status in (401, 404)):
            return "there is no such repository, or the token is missing, wrong, or may not see it: `hf auth login`"
        if isinstance(one, EntryNotFoundError) and not isinstance(one, LocalEntryNotFoundError):
            return "a file is missing there that every model has. Push the model again"
        if isinstance(one, HFValidationError):
            return "its name, or the revision's, is not one that the Hub allows"
        if status is not None:
            return EXPLAINED.get(status, f"the Hub answered with status {status}. Try again later")
    if isinstance(error, UnicodeError):
        return "the token has characters that no token has. Log in with `hf auth login`"
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError | TimeoutError):
        return f"this machine says: {error.strerror}: {error.filename}"
    if isinstance(error, ValueError):
        return SECRET.sub("…", str(error))
    return f"the Hub cannot be reached ({type(chain[-1]).__name__}), and the cache does not have it"
