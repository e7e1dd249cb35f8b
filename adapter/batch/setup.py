"""What every worker of a run has to know: handed over once, the same for all chunks."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from adapter import __version__
from adapter.errors import Environment
from adapter.pipeline import Options
from adapter.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """``to`` are the output kinds, ``out`` the folder of outputs, ``unfinished`` where they are
    written first; ``secret`` is the key that identifiers are hashed with; ``mappings`` the digest
    of the mappings that the run began with.
    """

    options: Options
    to: tuple[str, ...]
    out: Path
    unfinished: Path
    secret: bytes
    mappings: str
    check: bool = False

    @property
    def terms(self) -> Terms:
        """Return the terms to read by.

        Raises
        ------
        Environment
            The mappings were edited since the run began: two halves of it would differ.
        """
        known = self.options.terms
        if known.digest != self.mappings:
            raise Environment("the mappings changed while the run was at work: run it again")
        return known

    def reading(self) -> str:
        """Return the digest of all that what is found of an input depends on."""
        options = self.options
        return _digest(__version__, self.mappings, asdict(options.read), options.merge.issuers)

    def making(self) -> str:
        """Return the digest of all that the outputs of a case depend on, but its inputs."""
        options = self.options
        written = {name: getattr(options.write, name) for name in options.write.__slots__}
        return _digest(
            self.reading(), options.policy.printed(), asdict(options.merge), written, self.to,
            self.check,
        )  # fmt: skip

    def hashed(self, *words: str) -> str:
        """Return what stands for words in the journal: nobody reads an identifier there."""
        made = hashlib.blake2b("\x1f".join(words).encode("utf-8", "surrogatepass"),
                               key=self.secret, digest_size=16)  # fmt: skip
        return made.hexdigest()


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
