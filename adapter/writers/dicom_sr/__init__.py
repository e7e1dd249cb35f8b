"""A graded case to a DICOM SR: TID 1500 Measurement Report, as the contract has it, or TID 2000.

Source: contract section 3; DICOM PS3.3 A.35, C.17; PS3.16 TID 1500, 1501, 2000.
"""

import hashlib

from adapter import __version__
from adapter.errors import Usage
from adapter.model import Case, Graded, Issue
from adapter.sr.content import Item
from adapter.sr.encode import encode
from adapter.terms import Terms
from adapter.writers import ids
from adapter.writers.dicom_sr.basic_text import Report
from adapter.writers.dicom_sr.conclusions import algorithm, conclusions, grades
from adapter.writers.dicom_sr.groups import Builder
from adapter.writers.dicom_sr.header import BASIC_TEXT, Identity, header
from adapter.writers.dicom_sr.items import Codes
from adapter.writers.dicom_sr.pictures import Pictures, left_out
from adapter.writers.dicom_sr.report import MAKER, report
from adapter.writers.options import WriteOptions

__all__ = ["told", "write", "write_findings"]


def write(graded: Graded, terms: Terms, options: WriteOptions) -> bytes:
    """Return the SR of a graded case: findings, grades and conclusions.

    Same case, policy, mappings, version and options: same bytes.

    Raises
    ------
    Usage
        An option that is none, no date to date the document by, or something that has no place in
        the character set asked for.
    """
    version = graded.versions.get("software", __version__)
    codes = _codes(terms, options)
    tree = _in_words if options.sr == BASIC_TEXT else _coded
    root = tree(graded, codes, version, options)
    seed = ids.seed(graded, options)
    identity = _identity(seed, _base(graded.case), options)
    fields = header(
        graded.case, terms, options, identity, maker=MAKER, version=version, graded=True
    )
    return encode(fields, root, implicit=options.implicit_vr, charset=options.charset)


def told(graded: Graded, options: WriteOptions) -> tuple[Issue, ...]:
    """Return what of the case the kind of SR that is asked for does not carry."""
    if options.sr == BASIC_TEXT:
        return ()  # words alone: no image of a finding is expected there
    return left_out(graded.case, options.sr)


def _coded(graded: Graded, codes: Codes, version: str, options: WriteOptions) -> Item:
    case = graded.case
    pictures = Pictures(case, codes.terms, options.sr)
    content = Builder(case, codes, _base(case), grades(graded, codes), pictures).content()
    return report(
        case,
        codes,
        version,
        (*algorithm(graded.policy, version, codes), *content.groups),
        (*content.facts, *conclusions(graded, codes)),
    )


def _in_words(graded: Graded, codes: Codes, version: str, options: WriteOptions) -> Item:
    signed = options.verified_by is not None
    return Report(graded, codes, options.lang).root(version, signed=signed)


def write_findings(case: Case, terms: Terms, options: WriteOptions) -> bytes:
    """Return an SR of the findings alone: no grade, no conclusion, no algorithm.

    Raises
    ------
    Usage
        As `write`; a Basic Text SR, which has no place for a coded finding.
    """
    if options.sr == BASIC_TEXT:
        raise Usage("a Basic Text SR holds words, no findings: take another kind of SR")
    codes = _codes(terms, options)
    base = _base(case)
    pictures = Pictures(case, terms, options.sr)
    content = Builder(case, codes, base, lambda exam, lesion, concept: (), pictures).content()
    root = report(case, codes, __version__, content.groups, content.facts)
    identity = _identity(f"{base}\x1ffindings", base, options)
    fields = header(case, terms, options, identity, maker=MAKER, version=__version__, graded=False)
    return encode(fields, root, implicit=options.implicit_vr, charset=options.charset)


def _codes(terms: Terms, options: WriteOptions) -> Codes:
    return Codes(terms, full=options.snomed == "full", old=options.charset == "iso-2022-jp")


def _identity(seed: str, base: str, options: WriteOptions) -> Identity:
    series, instance = ids.sr_document(seed, options)
    # Where no input names a study any more, the document stays in that of the one it replaces.
    replaced = next((study for study, *_ in options.predecessors), "")
    return Identity(study=replaced or ids.uid(base, "study"), series=series, instance=instance)


def _base(case: Case) -> str:
    """Return the text that the case's own UIDs come from: its inputs' digests, else its content.

    Tracking UIDs outlive a change of policy or version, and are the same in every format: they
    name lesions, not grades.
    """
    digests = sorted(i.digest for i in case.inputs if i.status == "used" and i.digest)
    return "|".join(digests) if digests else hashlib.sha256(repr(case).encode()).hexdigest()
