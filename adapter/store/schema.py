"""The schema of the journal, one step a version: a step that was released is never edited.

``files`` are what stands in the sources, ``inputs`` what they hold: the file itself, a member of an
archive, a line of NDJSON. ``keys`` are hashed and say whom an input is of. ``groups`` puts inputs
together; ``wanted`` are the cases that they make, ``cases`` those that were made.
"""

_FIRST = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE roots (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, label TEXT NOT NULL);
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    root INTEGER NOT NULL REFERENCES roots,
    path BLOB NOT NULL,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (root, path)
);
CREATE INDEX files_open ON files (id) WHERE state <> 'done';
CREATE TABLE inputs (
    id INTEGER PRIMARY KEY,
    file INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    part INTEGER NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT,
    usable INTEGER NOT NULL DEFAULT 0,
    says INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    again INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    place_of_reason TEXT NOT NULL DEFAULT '',
    UNIQUE (file, part)
);
CREATE INDEX inputs_new ON inputs (id) WHERE state <> 'indexed';
CREATE TABLE keys (
    input INTEGER NOT NULL REFERENCES inputs ON DELETE CASCADE,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    issuer TEXT NOT NULL,
    PRIMARY KEY (input, kind, value, issuer)
) WITHOUT ROWID;
CREATE INDEX keys_value ON keys (kind, value, issuer, input);
CREATE TABLE groups (
    label INTEGER NOT NULL,
    input INTEGER NOT NULL REFERENCES inputs ON DELETE CASCADE,
    PRIMARY KEY (label, input)
) WITHOUT ROWID;
CREATE INDEX groups_input ON groups (input);
CREATE TABLE wanted (
    stem TEXT PRIMARY KEY,
    label INTEGER NOT NULL,
    made_of TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE cases (
    stem TEXT PRIMARY KEY,
    made_of TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    inputs INTEGER NOT NULL,
    outputs TEXT NOT NULL,
    facts TEXT NOT NULL,
    again INTEGER NOT NULL
) WITHOUT ROWID;
"""

STEPS = (_FIRST,)
