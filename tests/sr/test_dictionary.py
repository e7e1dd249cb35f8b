"""The attributes SR documents are written with are the standard's."""

import pytest

from adapter.sr.dictionary import ATTRIBUTES


@pytest.mark.parametrize("keyword", ATTRIBUTES)
def test_tag_vr_and_multiplicity_are_those_of_pydicoms_dictionary(keyword: str) -> None:
    from pydicom.datadict import dictionary_VM, dictionary_VR, tag_for_keyword

    tag, vr, many = ATTRIBUTES[keyword]
    assert tag_for_keyword(keyword) == tag
    assert dictionary_VR(tag) == vr
    assert (dictionary_VM(tag) != "1") == many
