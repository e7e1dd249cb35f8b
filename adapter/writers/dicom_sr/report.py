"""Groups and facts to the content tree of a TID 1500 Measurement Report.

Source: DICOM PS3.16 TID 1500, TID 1204 (language), TID 1001 and 1004 (device observer);
contract section 3.
"""

from collections.abc import Iterable, Iterator

from adapter.model import Case
from adapter.sr.content import Item
from adapter.writers import ids
from adapter.writers.dicom_sr import items
from adapter.writers.dicom_sr.items import CONTEXT, MODIFIER, Codes

MAKER = "csfleak-adapter"
_REPORTS = {
    "spinal-mri": "mri-report",
    "brain-mri": "mri-report",
    "ct-myelography": "ct-report",
    "ri-cisternogram": "nm-report",
}


def report(
    case: Case,
    codes: Codes,
    version: str,
    measurements: Iterable[Item],
    evaluations: Iterable[Item],
) -> Item:
    """Return the root container.

    Parameters
    ----------
    case : Case
        For the procedure reported.
    codes : Codes
        The document's codes.
    version : str
        Of the software, for the observer.
    measurements, evaluations : iterable of Item
        Children of Imaging Measurements and of Qualitative Evaluations.
    """
    parts = [
        items.container(codes(name), children)
        for name, children in (
            ("measurements", tuple(measurements)),
            ("qualitative-evaluations", tuple(evaluations)),
        )
        if children
    ]
    # TID 1500 asks for one of the two, also where there is nothing to say.
    parts = parts or [items.container(codes("measurements"), ())]
    return Item(
        "1",
        "CONTAINER",
        name=codes("measurement-report"),
        children=(
            items.coded(codes("language"), codes("japanese"), MODIFIER),
            *observer(codes, version),
            *procedures(case, codes),
            *parts,
        ),
        template="1500",
        continuity="SEPARATE",
    )


def observer(codes: Codes, version: str) -> Iterator[Item]:
    """Yield the observation context: a device, this software in this version."""
    yield items.coded(codes("observer-type"), codes("device"), CONTEXT)
    yield items.uidref(codes("device-observer-uid"), ids.uid(MAKER, "device", version))
    yield items.text(codes("device-observer-name"), MAKER, CONTEXT)
    yield items.text(codes("device-observer-manufacturer"), MAKER, CONTEXT)
    yield items.text(codes("device-observer-model"), f"{MAKER} {version}", CONTEXT)


def procedures(case: Case, codes: Codes) -> Iterator[Item]:
    """Yield Procedure reported: the first exam's modality, by codes that all validators know.

    One, since PixelMed's rules take no more; it tells a modality only, and the groups the exams.
    """
    if case.exams:
        procedure = codes(_REPORTS[case.exams[0].kind])
        yield items.coded(codes("procedure-reported"), procedure, MODIFIER)
