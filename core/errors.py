"""The errors that AniSVD raises on purpose.

Each message says what was found, where, what was expected, and what to do about it, in words
that can be shown to a visitor as they are. Anything else that escapes is a bug.
"""


class AniSVDError(Exception):
    """Base class: ``except AniSVDError`` catches every error below, and nothing else."""


class DataError(AniSVDError):
    """A file of titles or ratings is not what it claims to be."""


class InputError(AniSVDError, ValueError):
    """An argument is out of range: an unknown id, a rating off the scale, an impossible filter."""


class ArtifactError(AniSVDError):
    """A stored model fails validation. It is refused whole: no part of it has been used."""


class HubError(AniSVDError):
    """The Hugging Face Hub could not be reached, or refused: what, why, and what to do."""


class OutputError(AniSVDError, OSError):
    """A file or folder could not be written. It is as it was before, or new as a whole."""
