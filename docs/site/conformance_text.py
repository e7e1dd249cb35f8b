"""The words of ``docs/conformance-dicom.md`` that stand between its tables."""

INTRODUCTION = """\
## Introduction

For those who plan, connect and test a PACS, a RIS or a reporting system with `csfleak`.
Conformance alone does not guarantee that two systems work together: it is the first step, and a
test with the systems at hand is the second ([test vectors](test-vectors.md)). The headings
follow DICOM PS3.2; the tables are made of those that the code uses.

Abbreviations: IOD, Information Object Definition; SOP, Service-Object Pair; SR, Structured
Report; TID, template; CID, context group; VM, value multiplicity; VR, value representation.
References: DICOM PS3.2, PS3.3, PS3.4, PS3.5, PS3.6, PS3.10, PS3.16, PS3.18."""

NETWORK = """\
None in this version: no Application Entity, no association, no DICOMweb service. Documents come
and go as files, by whatever the site has for that ([recipes](recipes.md))."""

MEDIA = """\
No media application profile is claimed. A folder with a `DICOMDIR` (Basic Directory,
1.2.840.10008.1.3.10) is followed to the SR documents that it lists; one that is listed and
missing is a refused input. No `DICOMDIR` is written. A file is read with or without preamble
and File Meta Information; one is always written with both."""

READ_SETS = """\
Text is read by its declared Specific Character Set, in the root or in an item of its own; where
the bytes contradict the declaration, by evidence, and that is told."""

READ_TREE = """\
Documents are read by any template or none: TID 1500 with 1501, 1410 and 1411, TID 2000 with
either set of headings, and trees without template identification. Codes are matched by value
and scheme, never by meaning. Also read: the DICOM JSON Model and the Native DICOM Model
(PS3.18, PS3.19) and the XML of `dsr2xml`. References to images are kept; nothing that they name
is opened. Completion, verification and preliminary flags, predecessors and evidence are heeded:
a replaced document beside its successor is not used; PARTIAL and PRELIMINARY ones are used with
a caution."""

REFUSED = """\
An object that is no SR with findings holds nothing for us: it is told by its name, and costs
nothing. An encapsulated PDF or CDA may hold a report in words, and is refused as an input."""

WRITTEN = """\
One document a case, in one pass ([writing SR](writing-sr.md) says what is where). TID 1500 with
TID 1204 (language), 1001 and 1004 (a device as observer), 4019 (algorithm), 1501 (groups) and
300 (measurements); `basic-text` is TID 2000. The same inputs, options and versions give the
same bytes: UIDs are `2.25.` UIDs of UUIDv5, and no time is taken from the clock. A value that
has no place in its VR or character set is refused, naming the attribute, and never replaced or
cut."""

CODES = """\
Codes of the private scheme stand beside those of DICOM's own dictionaries; a code of SNOMED CT
that the DICOM standard does not list is written only under the setting `snomed = "full"`.
`99CSFL` is identified by its UID in Coding Scheme Identification Sequence (0008,0110). All
codes: [vocabulary](vocabulary.md)."""

RULES_ASKED = """\
`csfleak validate` asks these of every SR, `convert --check` of what is written
([validation](validation.md)). A warning is this project's wish or a tool's need."""

CONFIDENTIALITY = """\
- No security profile of PS3.15 is supported: no digital signature is written or checked, no
  secure transport is used, for there is none.
- No attribute is de-identified. A written document has the patient of the inputs: Patient's
  Name, every ID with its issuer, birth date and sex, and Accession Number and institution where
  they are known. De-identify with the tools of the site, before or after; the findings do not
  depend on names.
- Comments, addresses, physicians and descriptions of the inputs' headers are not carried over.
- Messages hold no patient data beside the names that the inputs' files have, and ids are hashed
  in them; the names of outputs come from digests.
- Hostile files end in one clear message within the limits above ([measured](sr-attacks.md))."""
