"""Whether documents are of one patient: the design's "Same patient" as a table."""

import pytest

from adapter.errors import DifferentPatients
from adapter.merge import MergeOptions, merge
from adapter.model import Name, Patient
from tests.building import TERMS, document, fact

FACT = fact("ortho-headache", "present")


def patient(*identifiers, **fields):
    return Patient(identifiers=identifiers, **fields)


def name(family, given, representation="ABC"):
    return Name(family=family, given=given, representation=representation)


def merged(*patients, **options):
    documents = [
        document(FACT, name=f"input-{i}", patient=p) for i, p in enumerate(patients, start=1)
    ]
    return merge(documents, TERMS, MergeOptions(**options))


ID = ("0012", "H1")
SAME = {
    "the same value and issuer": (patient(ID), patient(ID)),
    "full-width digits": (patient(ID), patient(("００１２", "H1"))),
    "blanks around the value": (patient(ID), patient((" 0012 ", "H1"))),
    "one issuer not stated": (patient(ID), patient(("0012", ""))),
    "both issuers not stated": (patient(("0012", "")), patient(("0012", ""))),
    "one of several identifiers agrees": (patient(ID), patient(("77", "H2"), ID)),
    "a further number of the same issuer": (patient(ID, ("0099", "H1")), patient(ID)),
    "one of several numbers of the same issuer": (
        patient(ID, ("0099", "H1")),
        patient(("0098", "H1"), ("0099", "H1")),
    ),
    "the issuer as OID and as urn": (patient(("1", "1.2.3")), patient(("1", "urn:oid:1.2.3"))),
    "the same birth date": (patient(ID, birth_date="1970-01-02"),) * 2,
    "a birth date stated once": (patient(ID, birth_date="1970-01-02"), patient(ID)),
    "the same sex": (patient(ID, sex="female"), patient(ID, sex="female")),
    "a sex stated once": (patient(ID, sex="female"), patient(ID)),
    "a sex said to be unknown": (patient(ID, sex="female"), patient(ID, sex="unknown")),
    "the same name, in capitals": (
        patient(ID, names=(name("Yamada", "Tarou"),)),
        patient(ID, names=(name("YAMADA", "TAROU"),)),
    ),
    "the same name, full-width": (
        patient(ID, names=(name("Yamada", "Tarou"),)),
        patient(ID, names=(name("Ｙａｍａｄａ", "Ｔａｒｏｕ"),)),
    ),
    "names in different representations": (
        patient(ID, names=(name("Yamada", "Tarou"),)),
        patient(ID, names=(name("山田", "太郎", "IDE"),)),
    ),
    "a name without a given name": (
        patient(ID, names=(name("Yamada", "Tarou"),)),
        patient(ID, names=(name("Suzuki", ""),)),
    ),
}
DIFFERENT = {
    "another value": (patient(ID), patient(("0013", "H1"))),
    "leading zeros count": (patient(ID), patient(("12", "H1"))),
    "another issuer": (patient(ID), patient(("0012", "H2"))),
    "one issuer's numbers agree, another's differ": (
        patient(ID, ("7", "H2")),
        patient(ID, ("8", "H2")),
    ),
    "no identifier in one": (patient(ID), patient()),
    "no identifier in either": (patient(), patient()),
    "a blank identifier": (patient(ID), patient((" ", "H1"))),
    "the birth dates differ": (
        patient(ID, birth_date="1970-01-02"),
        patient(ID, birth_date="1970-01-03"),
    ),
    "the sexes differ": (patient(ID, sex="female"), patient(ID, sex="male")),
    "the names differ": (
        patient(ID, names=(name("Yamada", "Tarou"),)),
        patient(ID, names=(name("Suzuki", "Hanako"),)),
    ),
    "the names differ in one representation": (
        patient(ID, names=(name("Yamada", "Tarou"), name("山田", "太郎", "IDE"))),
        patient(ID, names=(name("Yamada", "Tarou"), name("鈴木", "花子", "IDE"))),
    ),
    "the given names differ": (
        patient(ID, names=(name("Yamada", "Tarou"),)),
        patient(ID, names=(name("Yamada", "Hanako"),)),
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_one_patient_either_way_round(pair):
    for order in (pair, tuple(reversed(pair))):
        united = merged(*order).patient
        assert set(united.identifiers) == {i for p in pair for i in p.identifiers}


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_different_patients_are_refused_either_way_round(pair):
    for order in (pair, tuple(reversed(pair))):
        with pytest.raises(DifferentPatients) as refused:
            merged(*order)
        assert "input-1" in str(refused.value)
        assert "input-2" in str(refused.value)


def test_the_error_tells_patient_identifiers_only_hashed():
    one = patient(("SECRET-1", "H1"), names=(name("Yamada", "Tarou"),), birth_date="1970-01-02")
    other = patient(("SECRET-2", "H1"), names=(name("Suzuki", "Hanako"),), birth_date="1980-05-06")
    with pytest.raises(DifferentPatients) as refused:
        merged(one, other)
    for word in ("SECRET", "Yamada", "Tarou", "Suzuki", "Hanako", "1970", "1980"):
        assert word not in str(refused.value)


def test_the_hashes_of_two_patients_differ_and_stay_the_same():
    def message(one, other):
        with pytest.raises(DifferentPatients) as refused:
            merged(patient((one, "H1")), patient((other, "H1")))
        return str(refused.value)

    assert message("1", "2") == message("1", "2")
    assert message("1", "2") != message("1", "3")


@pytest.mark.parametrize("pair", [(patient(), patient()), (patient(ID), patient())])
def test_somebody_may_vouch_for_documents_without_an_identifier(pair):
    assert merged(*pair, same_patient=True).facts["ortho-headache"]


@pytest.mark.parametrize(
    "why", [w for w in DIFFERENT if w.startswith(("another", "leading", "the "))]
)
def test_nobody_may_vouch_for_a_conflict(why):
    with pytest.raises(DifferentPatients):
        merged(*DIFFERENT[why], same_patient=True)


def test_a_conflict_is_refused_without_identifiers_too():
    pair = (patient(birth_date="1970-01-02"), patient(birth_date="1970-01-03"))
    with pytest.raises(DifferentPatients):
        merged(*pair, same_patient=True)


def test_issuers_may_be_said_to_be_the_same():
    pair = (patient(("12", "HOSP")), patient(("12", "urn:oid:1.2.3")))
    assert merged(*pair, issuers=(("HOSP", "urn:oid:1.2.3"),)).patient
    with pytest.raises(DifferentPatients):
        merged(*pair)
    with pytest.raises(DifferentPatients):
        merged(*pair, issuers=(("OTHER", "urn:oid:1.2.3"),))


def test_one_document_needs_no_identifier():
    assert merged(patient()).facts["ortho-headache"]


def test_every_pair_of_documents_is_compared():
    with pytest.raises(DifferentPatients):
        merged(patient(ID), patient(ID), patient(("0013", "H1")))


def test_what_documents_say_of_the_patient_is_united():
    one = patient(ID, names=(name("Yamada", "Tarou"),), sex="male")
    other = patient(("0012", ""), names=(name("山田", "太郎", "IDE"),), birth_date="1970-01-02")
    united = merged(one, other).patient
    assert set(united.identifiers) == {ID, ("0012", "")}
    assert [n.family for n in united.names] == ["Yamada", "山田"]
    assert (united.birth_date, united.sex) == ("1970-01-02", "male")
