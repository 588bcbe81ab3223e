"""Every exception that evosearch raises on purpose.

EvosearchError                      exit code 1
├── ConfigError                     2   a campaign file or an option is wrong
├── UsageError                      2   a command names something that is not there
├── PluginError                     2   a plug-in cannot be found, loaded or matched
├── FormatError                     1   untrusted bytes or text are not what they claim
│   ├── GenomeFormatError               ... genome rows
│   └── DocumentFormatError             ... program documents
├── EvaluatorError                  1   an evaluator broke its contract (shapes, types)
├── ExportError                     1   an export could not be written or failed its check
├── RefusedError                    4   asked for something that would lose or change results
│   ├── CampaignExistsError
│   ├── CampaignLockedError             a second driver
│   └── FingerprintError                the campaign changed since it was stored
└── StorageError                    5   the database cannot be opened, read or written

Messages say what was expected, what was received, and what to write instead.
"""


class EvosearchError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` is what the command line returns."""

    exit_code = 1


class ConfigError(EvosearchError):
    """A campaign file or option is wrong; ``mistakes`` lists every one of them."""

    exit_code = 2

    def __init__(self, mistakes: str | list[str]) -> None:
        self.mistakes = [mistakes] if isinstance(mistakes, str) else list(mistakes)
        super().__init__("\n".join(self.mistakes))


class UsageError(EvosearchError):
    """A command names a campaign, individual, format or file that does not exist."""

    exit_code = 2


class PluginError(EvosearchError):
    """A plug-in cannot be found or loaded, or two plug-ins do not fit together."""

    exit_code = 2


class FormatError(EvosearchError):
    """Untrusted data is malformed."""


class GenomeFormatError(FormatError):
    """Bytes are not a genome of the expected kind."""


class DocumentFormatError(FormatError):
    """Text is not a program document."""


class EvaluatorError(EvosearchError):
    """An evaluator returned something that its contract does not allow."""


class ExportError(EvosearchError):
    """An export could not be written, or its re-run disagrees with the program."""


class RefusedError(EvosearchError):
    """The request would overwrite, lose or silently change results."""

    exit_code = 4


class CampaignExistsError(RefusedError):
    """A campaign of that name is already stored."""


class CampaignLockedError(RefusedError):
    """Another driver holds the campaign."""


class FingerprintError(RefusedError):
    """The campaign's configuration, code or environment differs from what was stored."""


class StorageError(EvosearchError):
    """The database cannot be opened, read or written."""

    exit_code = 5
