"""What lasts between runs: one SQLite database a folder, and the lock that goes with it.

``database`` opens it, ``inputs`` and ``cases`` are the journal of a batch, ``groups`` says which
inputs make a case.
"""

from adapter.store.database import Database, open_database
from adapter.store.lock import is_locked, locked

__all__ = ["Database", "is_locked", "locked", "open_database"]
