"""Which inputs make a case: by what they have in common, in the database and not in memory.

Inputs of one patient share an identifier with its issuer. One without an issuer joins the only
issuer that the same number has in the whole journal; where it has several nobody can say whose it
is, and it stays alone. Source: design, "Same patient". An input that was known once and cannot be
read now stays where it was: its case waits rather than being made without it.
"""

from collections.abc import Iterator
from itertools import groupby

from adapter.store.database import Database, Row

PATIENT, SHARED, NEEDS = "patient", "shared", "needs"
"""Kinds of keys: whose an input is; what it offers to any case; what of that it refers to."""


def form_groups(database: Database, by: str) -> None:
    """Form the groups anew. `by` is ``file`` or a kind of key.

    Inputs without such a key are a group of their own, equal bytes once. What is refused joins
    nothing; it is added to the groups that it may be of by its keys (its folder, or whose it is as
    stands before its damage), and leaves their cases incomplete.
    """
    database.run("DELETE FROM groups")
    _joined(database, by)
    _label(database)
    database.run("INSERT INTO groups SELECT label, input FROM labels")
    _lone(database)
    _add_refused(database, by)
    _add_shared(database)
    database.run("DROP TABLE labels")
    database.run("DROP TABLE joined")


def _joined(database: Database, by: str) -> None:
    """Make the table of what joins inputs: their keys, issuers told where there is only one."""
    database.run("DROP TABLE IF EXISTS joined")
    database.run("DROP TABLE IF EXISTS labels")
    database.run(
        "CREATE TEMP TABLE issuer AS SELECT value, MAX(issuer) AS only FROM keys"
        " JOIN inputs ON inputs.id = input WHERE keys.kind = ? AND issuer <> '' AND usable"
        " GROUP BY value HAVING MIN(issuer) = MAX(issuer)",
        (by,),
    )
    database.run("CREATE INDEX temp.issuer_value ON issuer (value)")
    database.run(
        "CREATE TEMP TABLE joined AS SELECT input, value || ' ' || CASE WHEN issuer <> '' THEN"
        " issuer ELSE COALESCE((SELECT only FROM issuer WHERE issuer.value = keys.value), '') END"
        " AS key FROM keys JOIN inputs ON inputs.id = input"
        " WHERE keys.kind = ? AND digest IS NOT NULL AND usable",
        (by,),
    )
    database.run("DROP TABLE issuer")
    database.run("CREATE INDEX temp.joined_key ON joined (key, input)")
    database.run("CREATE INDEX temp.joined_input ON joined (input, key)")


def _label(database: Database) -> None:
    """Give inputs that are joined, however many steps apart, the same number."""
    database.run("CREATE TEMP TABLE labels (input INTEGER PRIMARY KEY, label INTEGER)")
    database.run("INSERT INTO labels SELECT DISTINCT input, input FROM joined")
    database.run("CREATE TEMP TABLE least (key TEXT PRIMARY KEY, label INTEGER) WITHOUT ROWID")
    changed = 1
    while changed:
        database.run("DELETE FROM least")
        database.run(
            "INSERT INTO least SELECT key, MIN(label) FROM joined JOIN labels USING (input)"
            " GROUP BY key"
        )
        changed = database.run(
            "UPDATE labels SET label = found.label FROM (SELECT input, MIN(least.label) AS label"
            " FROM joined JOIN least USING (key) GROUP BY input) AS found"
            " WHERE found.input = labels.input AND found.label < labels.label"
        )
    database.run("DROP TABLE least")


def _lone(database: Database) -> None:
    """Make a group of every input that says something and is in none; equal bytes make one."""
    lone = "state = 'indexed' AND says AND usable AND id NOT IN (SELECT input FROM labels)"
    database.run(
        f"CREATE TEMP TABLE twins AS SELECT digest, MIN(id) AS label FROM inputs WHERE {lone}"
        " GROUP BY digest"
    )
    database.run("CREATE INDEX temp.twins_digest ON twins (digest)")
    database.run(
        f"INSERT INTO groups SELECT label, id FROM inputs JOIN twins USING (digest) WHERE {lone}"
    )
    database.run("DROP TABLE twins")


def _add_refused(database: Database, by: str) -> None:
    """Add refused inputs to every group that they may be of, an unstated issuer being any."""
    database.run(
        "CREATE TEMP TABLE bad AS SELECT input, value, issuer FROM keys"
        " JOIN inputs ON inputs.id = input WHERE keys.kind = ? AND NOT usable",
        (by,),
    )
    database.run("CREATE INDEX temp.bad_value ON bad (value)")
    database.run(
        "INSERT OR IGNORE INTO groups SELECT found.label, bad.input FROM"
        " (SELECT DISTINCT keys.value, keys.issuer, labels.label FROM keys"
        " JOIN labels ON labels.input = keys.input WHERE keys.kind = ?"
        " AND keys.value IN (SELECT value FROM bad)) AS found JOIN bad ON bad.value = found.value"
        " AND (bad.issuer = found.issuer OR bad.issuer = '' OR found.issuer = '')",
        (by,),
    )
    database.run("DROP TABLE bad")


def _add_shared(database: Database) -> None:
    """Add to each group what its inputs refer to and no patient owns: institutions, places."""
    database.run(
        "INSERT OR IGNORE INTO groups SELECT groups.label, offered.input FROM groups"
        " JOIN keys AS need ON need.input = groups.input AND need.kind = 'needs'"
        " JOIN keys AS offered ON offered.kind = 'shared' AND offered.value = need.value"
    )


def groups(database: Database) -> Iterator[tuple[int, list[Row]]]:
    """Yield each group's number and its inputs: number, name, source, place, kind, digest, says.

    Only groups in which an input may say something; inputs in order of their bytes, then names.
    """
    rows = database.rows(f"SELECT groups.label, {_MEMBER} ORDER BY groups.label, {_ORDER}")
    for label, members in groupby(rows, key=lambda row: row[0]):
        found = [row[1:] for row in members]
        if any(row[6] for row in found):
            yield label, found


def members(database: Database, label: int) -> list[Row]:
    """Return the inputs of one group, as `groups` gives them."""
    sql = f"SELECT {_MEMBER} WHERE groups.label = ? ORDER BY {_ORDER}"
    return list(database.rows(sql, (label,)))


_MEMBER = (
    "inputs.id, name, roots.label, inputs.place, inputs.kind, digest, says"
    " FROM groups JOIN inputs ON inputs.id = input JOIN files ON files.id = file"
    " JOIN roots ON roots.id = root"
)
_ORDER = "digest, name, roots.label, part"


def settle_rest(database: Database) -> None:
    """Give their outcome to inputs that no case is made of, and to those that several cases use."""
    database.run(
        "UPDATE inputs SET outcome = 'nothing-for-us', reason = 'it states no finding'"
        " WHERE state = 'indexed' AND usable AND kind <> 'shared'"
        " AND outcome IS NOT 'nothing-for-us' AND NOT EXISTS (SELECT 1 FROM groups JOIN wanted"
        " USING (label) WHERE groups.input = inputs.id)"
    )
    used = (
        "EXISTS (SELECT 1 FROM groups JOIN wanted USING (label) JOIN cases USING (stem)"
        " WHERE groups.input = inputs.id AND cases.state = 'graded')"
    )
    database.run(
        f"UPDATE inputs SET outcome = CASE WHEN {used} THEN 'graded' ELSE 'nothing-for-us' END,"
        f" reason = CASE WHEN {used} THEN '' ELSE 'no finding refers to it' END"
        " WHERE state = 'indexed' AND usable AND kind = 'shared'"
    )
