"""Which inputs make a case."""

from pathlib import Path

import pytest

from adapter.errors import Environment
from adapter.store import Database, groups, inputs, open_database
from adapter.store.inputs import File, Indexed, Part


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path / "journal.sqlite")


def grouped(
    database: Database, by: str, *said, says: bool = True, refused=()
) -> set[frozenset[int]]:
    """Return the groups of inputs, each of which has these keys."""
    number, _ = inputs.root(database, b"/source", "source")
    files = [File(path=b"%d" % n, kind="file", size=1, mtime=1) for n, _ in enumerate(said)]
    inputs.note_files(database, number, 1, files)
    for n, keys in enumerate(said, 1):
        inputs.add_parts(database, n, [Part(part=0, name=str(n), place=["x"], kind="file")])
        one = Indexed(id=n, kind="file", digest=str(n), says=says, keys=tuple(keys),
                      refused="bad" if n in refused else None)  # fmt: skip
        inputs.set_indexed(database, [one])
    groups.form_groups(database, by)
    return {frozenset(row[0] for row in rows) for _, rows in groups.groups(database)}


def of(*pairs: tuple[str, str]) -> list[tuple[str, str, str]]:
    return [("patient", value, issuer) for value, issuer in pairs]


def test_one_number_of_one_issuer_is_one_patient(database):
    found = grouped(database, "patient", of(("1", "A")), of(("1", "A")), of(("2", "A")))
    assert found == {frozenset({1, 2}), frozenset({3})}


def test_one_number_of_two_issuers_is_two_patients(database):
    assert len(grouped(database, "patient", of(("1", "A")), of(("1", "B")))) == 2


def test_a_number_without_issuer_joins_the_only_issuer(database):
    found = grouped(database, "patient", of(("1", "A")), of(("1", "")), of(("1", "")))
    assert found == {frozenset({1, 2, 3})}


def test_a_number_without_issuer_joins_none_of_two(database):
    found = grouped(database, "patient", of(("1", "A")), of(("1", "")), of(("1", "B")))
    assert found == {frozenset({1}), frozenset({2}), frozenset({3})}


def test_numbers_join_however_many_steps_apart(database):
    chain = [of((str(n), "A"), (str(n + 1), "A")) for n in range(12)]
    assert grouped(database, "patient", *chain[::2], *chain[1::2]) == {frozenset(range(1, 13))}


def test_inputs_without_a_number_are_cases_of_their_own(database):
    assert grouped(database, "patient", [], []) == {frozenset({1}), frozenset({2})}


def test_what_says_nothing_is_no_case(database):
    assert grouped(database, "patient", of(("1", "A")), [], says=False) == set()


@pytest.mark.parametrize("by", ["folder", "study"])
def test_a_refused_input_is_in_the_case_that_it_may_be_of(database, by):
    keys = [("folder", "f", ""), ("study", "s", "")]
    assert grouped(database, by, keys, keys, refused=(1,)) == {frozenset({1, 2})}


@pytest.mark.parametrize("issuer", ["A", ""])
def test_a_refused_input_is_of_whoever_has_its_number(database, issuer):
    found = grouped(database, "patient", of(("1", "A")), of(("1", issuer)), of(("1", "B")),
                    of(("2", "A")), refused=(2,))  # fmt: skip
    both = frozenset({3}) if issuer else frozenset({2, 3})
    assert found == {frozenset({1, 2}), both, frozenset({4})}


def test_a_refused_input_joins_no_patients_and_hides_no_issuer(database):
    found = grouped(database, "patient", of(("1", "A")), of(("1", "A"), ("2", "A")),
                    of(("2", "A")), refused=(2,))  # fmt: skip
    assert found == {frozenset({1, 2}), frozenset({2, 3})}


def test_a_refused_input_of_another_issuer_leaves_a_number_to_its_only_one(database):
    found = grouped(database, "patient", of(("1", "A")), of(("1", "")), of(("1", "B")),
                    refused=(3,))  # fmt: skip
    assert {group - {3} for group in found} == {frozenset({1, 2})}


def test_what_no_patient_owns_is_in_every_case_that_needs_it(database):
    found = grouped(
        database, "patient", [*of(("1", "A")), ("needs", "org", "")],
        [*of(("2", "A")), ("needs", "org", "")], of(("3", "A")), [("shared", "org", "")],
    )  # fmt: skip
    assert {frozenset({1, 4}), frozenset({2, 4}), frozenset({3})} <= found


def test_a_database_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "journal.sqlite"
    open_database(path).run("PRAGMA user_version=99")
    with pytest.raises(Environment, match="version 99"):
        open_database(path)


def test_a_damaged_database_is_told(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(Environment, match="journal"):
        open_database(path)


def test_a_full_database_is_the_environments_fault(database):
    database.run("PRAGMA max_page_count=1")
    with pytest.raises(Environment, match="full"):
        database.put("a", "x" * 1_000_000)


def test_a_step_that_fails_changes_nothing(database):
    def failing() -> None:
        with database.step():
            database.put("a", "b")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert database.get("a") is None
