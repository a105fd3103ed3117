"""Client of the Hugging Face Hub: push, pull, and find the newest commit.

It moves files and doesn't depend on the model. A push is one commit: a pull gets either all old files or all
new ones. A pull takes every file from one commit. Every failure is a `HubError`, a sentence without
secrets.
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
    errors,
    try_to_load_from_cache,
)

from ..disk import write_file
from ..errors import HubError, OutputError

Operation = CommitOperationAdd | CommitOperationDelete
MAIN = "main"
NEVER_DELETED = {".gitattributes"}  # written by the Hub: the files that it stores apart
FULL_SHA = re.compile(r"[0-9a-f]{40}")
SECRET = re.compile(r"hf_\w+|(?i:bearer)\s+\S+")
REASONS = {
    402: "the account's plan does not include this",
    403: "the token does not have the right to do this. It needs write access to the repository",
    409: "somebody else changed it at the same moment. Try again",
    412: "somebody else changed it at the same moment. Try again",
    429: "the Hub asks to slow down. Try again in a few minutes",
}


@dataclass(frozen=True)
class Pushed:
    """The result of a push: the address and id of the commit, the address of the pull request if the
    push opened one, and whether any file changed.
    """

    url: str
    revision: str
    pull_request: str = ""
    changed: bool = True


def push(
    files: Mapping[str, bytes],
    repo_id: str,
    *,
    message: str,
    private: bool = False,
    revision: str | None = None,
    create_pr: bool = False,
    token: str | None = None,
    parent: str | None = None,
) -> Pushed:
    """Upload files as one commit to a model repository, or as a pull request that changes no branch.

    The repository and the branch ``revision`` (None: ``main``) are created if they don't exist. With
    ``parent`` the push is refused unless this is still the newest commit there.
    Raises `HubError` if the push is refused or fails; no file has changed then.
    """
    api = _api(repo_id, token)
    with _as_hub_error(f"{repo_id} could not be pushed to"):
        api.create_repo(repo_id, private=private, exist_ok=True)
        branch = revision or MAIN
        if branch != MAIN and not create_pr:
            api.create_branch(repo_id, branch=branch, exist_ok=True)
        newest = api.model_info(repo_id, revision=branch).sha
        additions = [CommitOperationAdd(name, content) for name, content in sorted(files.items())]
        options = {"revision": branch, "create_pr": create_pr, "parent_commit": parent or newest}
        commit = _commit(api, repo_id, additions, commit_message=message, **options)
    return Pushed(commit.commit_url, commit.oid, commit.pr_url or "", changed=commit.oid != newest)


def push_space(
    files: Mapping[str, bytes],
    space_id: str,
    *,
    own_files: Collection[str],
    variables: Mapping[str, str],
    message: str,
    hardware: str,
    unpaid: str,
    private: bool = False,
) -> Pushed:
    """Make a Gradio Space hold exactly these files, by one commit, and set its variables and its hardware.

    The Space is created if it doesn't exist. One that has other files is overwritten only if it also
    has one of ``own_files``. A variable with an empty value is removed. ``unpaid`` is the reason in the
    error if the account's plan doesn't include the hardware.

    Raises `HubError` if the Space holds something else or can't be reached, or the push is refused.
    """
    api = _api(space_id)
    flavor: Any = hardware  # a name: the Hub may have newer hardware than its client knows
    with _as_hub_error(f"The Space {space_id} could not be deployed", {402: unpaid}):
        api.create_repo(
            space_id, repo_type="space", space_sdk="gradio", space_hardware=flavor, private=private, exist_ok=True
        )
        old_files = set(api.list_repo_files(space_id, repo_type="space"))
        surplus = old_files - set(files) - NEVER_DELETED
        if surplus and old_files.isdisjoint(own_files):
            raise HubError(f"The Space {space_id} holds something else, such as {min(surplus)!r}. Choose another name.")
        if _hardware(api, space_id) != hardware:  # before the commit: a refusal changes nothing
            api.request_space_hardware(space_id, flavor)
        operations: list[Operation] = [CommitOperationAdd(name, content) for name, content in sorted(files.items())]
        operations += [CommitOperationDelete(name) for name in sorted(surplus)]
        commit = _commit(api, space_id, operations, repo_type="space", commit_message=message)
        old_variables = api.get_space_variables(space_id)
        for name, value in variables.items():
            if value:
                api.add_space_variable(space_id, name, value)
            elif name in old_variables:
                api.delete_space_variable(space_id, name)
    return Pushed(commit.commit_url, commit.oid)


def space_hardware(space_id: str) -> str | None:
    """Return the hardware that a Space has or waits for; None if there is no such Space. Raises `HubError`."""
    api = _api(space_id)
    with _as_hub_error(f"The Space {space_id} could not be asked for its hardware"):
        try:
            return _hardware(api, space_id)
        except errors.RepositoryNotFoundError:
            return None


def pull(
    repo_id: str, names: Sequence[str], *, revision: str | None = None, cached: bool = False, token: str | None = None
) -> Path:
    """Return the folder of the cache with these files of one commit; its name is the commit's id.

    Missing files are downloaded. ``revision`` is a branch, tag or commit; None: ``main``. There is no
    request for a full commit id that is in the cache, and none at all if ``cached`` is true.
    Raises `HubError` if there is no such repository, revision or file, or the Hub can't be reached.
    """
    api = _api(repo_id, token)
    with _as_hub_error(f"{repo_id} could not be pulled"):
        if cached and revision is None:
            revision = next(iter(cached_commits(repo_id, names)), None)
        folder = _fetch(api, repo_id, names[0], revision, cached).parent
        for name in names[1:]:
            _fetch(api, repo_id, name, folder.name, cached)
    return folder


def newest_commit(repo_id: str, revision: str | None = None, *, timeout: float) -> str:
    """Return the id of the commit that a branch or tag (None: ``main``) points to. Raises `HubError`."""
    api = _api(repo_id)
    with _as_hub_error(f"{repo_id} could not be asked for its newest revision"):
        return str(api.model_info(repo_id, revision=revision, timeout=timeout).sha)


def cached_commits(repo_id: str, names: Sequence[str]) -> list[str]:
    """Return the commits of which the cache has all these files, the one fetched last first."""
    snapshots = (_cache_folder(repo_id) / "snapshots").glob("*")
    complete = [folder for folder in snapshots if all((folder / name).is_file() for name in names)]
    return [folder.name for folder in sorted(complete, key=lambda folder: folder.stat().st_mtime, reverse=True)]


def note_served_commit(repo_id: str, revision: str | None, commit: str) -> None:
    """Note beside the cache that this commit of a branch was valid and was served."""
    with suppress(OutputError):  # a read-only cache
        write_file(_note(repo_id, revision), commit)


def last_served_commit(repo_id: str, revision: str | None) -> str:
    """Return the commit that `note_served_commit` noted last, empty if there is none."""
    try:
        return _note(repo_id, revision).read_text(encoding="ascii")
    except (OSError, UnicodeError):
        return ""


def is_pinned(revision: str | None) -> bool:
    """Return whether a revision is a full commit id: it never moves, as branches and tags do."""
    return bool(revision and FULL_SHA.fullmatch(revision))


def _api(repo_id: str, token: str | None = None) -> HfApi:
    """Return a client for calls about a repository. Raises `HubError` unless its name is ``owner/name``."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo_id):
        raise HubError(f"{repo_id!r} is not a name on the Hub; expected owner/name, such as 'alice/anisvd'.")
    return HfApi(token=token.strip() if token else None)  # a token with a line end would be quoted in an error


def _hardware(api: HfApi, space_id: str) -> str | None:
    runtime = api.get_space_runtime(space_id)
    return runtime.requested_hardware or runtime.hardware


def _commit(api: HfApi, repo_id: str, operations: Sequence[Operation], **options: Any) -> CommitInfo:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="It seems that you are about to commit a data file")
        commit: CommitInfo = api.create_commit(repo_id, operations, **options)
    return commit


def _fetch(api: HfApi, repo_id: str, name: str, revision: str | None, cached: bool) -> Path:
    """Return the path of an intact file in the cache, downloaded if necessary."""
    if is_pinned(revision):  # `hf_hub_download` may ask the Hub who is calling, even for a file in the cache
        path = try_to_load_from_cache(repo_id, name, revision=revision)
        if isinstance(path, str) and _is_intact(Path(path)):
            return Path(path)
    for force in (False,) if cached else (False, True):
        path = api.hf_hub_download(repo_id, name, revision=revision, local_files_only=cached, force_download=force)
        if _is_intact(Path(path)):
            return Path(path)
    raise HubError(f"{repo_id}: {name} was damaged on its way here. Try again later.")


def _is_intact(path: Path) -> bool:
    """Return whether a cached file has the content that was uploaded.

    The Hub's client checks only the size. Where the cache can make links, it names each content by
    its SHA-256 (large files) or by git's SHA-1.
    """
    if not path.is_symlink():
        return True
    blob = path.resolve()
    content = blob.read_bytes()
    git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    digests = {64: hashlib.sha256(content).hexdigest(), 40: git.hexdigest()}
    return digests.get(len(blob.name), blob.name) == blob.name


def _cache_folder(repo_id: str) -> Path:
    return Path(constants.HF_HUB_CACHE) / f"models--{repo_id.replace('/', '--')}"


def _note(repo_id: str, revision: str | None) -> Path:
    return _cache_folder(repo_id) / f"anisvd-served-{hashlib.sha256((revision or MAIN).encode()).hexdigest()[:16]}"


@contextmanager
def _as_hub_error(failure: str, reasons: Mapping[int, str] | None = None) -> Iterator[None]:
    """Raise any failure of the Hub's client as a `HubError`: what failed, why, and what to do.

    ``reasons`` go before `REASONS`: the reason for a status of the Hub's answer.
    """
    try:
        yield
    except HubError:
        raise
    except Exception as error:  # the client raises the errors of its HTTP library, among others
        raise HubError(f"{failure}: {_reason(error, REASONS | dict(reasons or {}))}.") from None


def _reason(error: BaseException, reasons: Mapping[int, str]) -> str:
    """Return why a call failed, and what to do."""
    causes = [error]  # the client wraps some errors in others
    while (cause := causes[-1].__cause__) is not None and cause not in causes:
        causes.append(cause)
    for cause in causes:
        status = getattr(getattr(cause, "response", None), "status_code", None)
        if isinstance(cause, errors.GatedRepoError):
            return "its owner wants to be asked first. Request access on its page"
        if isinstance(cause, errors.RevisionNotFoundError):
            return "it has no such revision. Its page lists the branches, tags and commits"
        if status == 401 or (isinstance(cause, errors.RepositoryNotFoundError) and status == 404):
            return "there is no such repository, or the token is missing, wrong, or may not see it: `hf auth login`"
        if isinstance(cause, errors.EntryNotFoundError) and not isinstance(cause, errors.LocalEntryNotFoundError):
            return "a file is missing there that every model has. Push the model again"
        if isinstance(cause, errors.HFValidationError):
            return "its name, or the revision's, is not one that the Hub allows"
        if status is not None:
            return reasons.get(status, f"the Hub answered with status {status}. Try again later") + _words(cause)
    if isinstance(error, UnicodeError):
        return "the token has characters that no token has. Log in with `hf auth login`"
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError | TimeoutError):
        return f"this machine says: {error.strerror}: {error.filename}"
    if isinstance(error, ValueError):
        return SECRET.sub("…", str(error))
    return f"the Hub cannot be reached ({type(causes[-1]).__name__}), and the cache does not have it"


def _words(error: BaseException) -> str:
    """Return what the Hub itself said of a refusal, as the end of a sentence; empty if it said nothing."""
    words = " ".join(SECRET.sub("…", getattr(error, "server_message", None) or "").split()).rstrip(".")
    return f' (the Hub: "{words[:300]}")' if words else ""
