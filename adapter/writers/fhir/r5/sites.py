"""A lesion's site, side and tracking UID to a BodyStructure.

Source: FHIR R5 BodyStructure; the guide's dicom-sr-finding-site. R5's rule obs-8 allows an
Observation a ``bodySite`` or a ``bodyStructure``, not both.
"""

from collections.abc import Iterator

from adapter.model import Lesion
from adapter.writers import ids
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.r5.elements import GUIDE, claimed
from adapter.writers.fhir.values import (
    DICOM_UID,
    Json,
    filled,
    is_oid,
    own_identifier,
    site_text,
    standard,
)


def body_structure(output: Output, lesion: Lesion, uid: str, uuid: str, own: str) -> Json | None:
    """Return where a lesion is, one structure a level, disc or region; None without a site.

    Parameters
    ----------
    uid : str
        The lesion's tracking UID, or the name that stands for one.
    uuid : str
        The resource's id.
    own : str
        What the identifier is made from that every version of the report keeps.
    """
    structures = list(_structures(output, lesion))
    if not structures:
        return None
    made = filled(
        resourceType="BodyStructure",
        id=uuid,
        identifier=[own_identifier(ids.uuid5(own, "site")), _tracked(output, uid)],
        includedStructure=structures,
        description=lesion.site.text if lesion.site else "",
        patient=output.subject,
    )
    return claimed(made, f"{GUIDE}/dicom-sr-finding-site")


def _structures(output: Output, lesion: Lesion) -> Iterator[Json]:
    side = output.concept(lesion.laterality) if lesion.laterality else {}
    for place in _places(output, lesion):
        yield filled(structure=place, laterality=side)


def _places(output: Output, lesion: Lesion) -> Iterator[Json]:
    """Yield the codes of a site, and the words of what no code stands for."""
    site = lesion.site
    if site is None:
        return
    terms = output.terms.site_terms(site)
    for term in terms:
        yield output.concept(term.name)
    words = [w for w in site.unreadable if w] if terms else [site_text(site)]
    yield from ({"text": w} for w in words if w)


def _tracked(output: Output, uid: str) -> Json:
    """Return the identifier of what is tracked; a local name is no UID."""
    system = output.terms.written["DCM"]
    if is_oid(uid):
        kind = standard(system, "112040", "Tracking Unique Identifier")
        return {"type": kind, "system": DICOM_UID, "value": f"urn:oid:{uid}"}
    return {"type": standard(system, "112039", "Tracking Identifier"), "value": uid}
