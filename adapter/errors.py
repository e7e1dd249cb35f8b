"""What stops a run: AdapterError and its few children.

Everything that does not stop the run is an ``Issue`` of ``adapter.model``.
"""


class AdapterError(Exception):
    """There is no result.

    Parameters
    ----------
    message : str
        What is wrong and what to do, for a stranger; never patient data.
    where : str
        The file, and the content-item path, element path or offset in it; empty when there is none.
    """

    exit_code = 4

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.where = where


class RefusedInput(AdapterError):
    """One input cannot be read; the others go on."""


class NothingForUs(RefusedInput):
    """An input is whole and of a kind that holds no such findings: an image, a dose report, …"""


class Damaged(RefusedInput):
    """An input ends early or contradicts its own lengths: nothing of it may be graded."""


class LimitExceeded(RefusedInput):
    """An input passes one of the reader's limits (size, depth, items, …)."""


class DifferentPatients(AdapterError):
    """Inputs of different patients in one grading; ids are hashed in the message."""


class Usage(AdapterError):
    """A wrong option, policy, settings or mappings file."""

    exit_code = 2


class Environment(AdapterError):
    """The disk, the network or a database failed: run again later."""

    exit_code = 3
