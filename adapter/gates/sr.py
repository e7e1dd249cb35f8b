"""DICOM SR files against the template rules, highdicom and, when asked, installed validators."""

from collections.abc import Iterator

from adapter.gates import sr_tools
from adapter.gates.breaches import ERROR, Breach
from adapter.sr import rules
from adapter.sr.decode import decode

_OPENED_BY_HIGHDICOM = (
    "1.2.840.10008.5.1.4.1.1.88.22",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.34",
)


def check(data: bytes, name: str, tools: tuple[str, ...] = ()) -> tuple[Breach, ...]:
    """Return the breaches of one SR; raise RefusedInput where it cannot be decoded.

    `tools` names validators of `adapter.gates.sr_tools` to ask, too: seconds, not milliseconds.
    """
    document = decode(data, name)
    found = [Breach("template", b.rule, b.severity, b.path, b.text) for b in rules.check(document)]
    if document.header.get("SOPClassUID") in _OPENED_BY_HIGHDICOM:
        found += _highdicom(data)
    if tools:
        switching = "2022" in document.header.get("SpecificCharacterSet", "")
        found += sr_tools.check(data, tools, switching=switching)
    return tuple(found)


def _highdicom(data: bytes) -> Iterator[Breach]:
    """Yield what keeps highdicom from opening the document."""
    import io
    import warnings

    from highdicom.sr import srread

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            srread(io.BytesIO(data))
    except Exception as error:  # it raises whatever its parts raise
        kind = type(error).__name__
        yield Breach("highdicom", "srread", ERROR, "1", f"highdicom does not open it ({kind})")
