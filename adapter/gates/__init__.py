"""What we write, or are given, against the rules of its format: ``csfleak validate``, ``--check``.

A DICOM SR is asked our own template rules and highdicom; FHIR is asked our own rules of R4 and of
the guides it claims, and ``fhir.resources``. Both libraries are loaded here and nowhere else.
"""

from adapter.errors import RefusedInput
from adapter.gates.breaches import ERROR, INFORMATION, SEVERITIES, WARNING, Breach

__all__ = ["ERROR", "INFORMATION", "WARNING", "Breach", "check"]


def check(data: bytes, name: str, tools: tuple[str, ...] = ()) -> tuple[Breach, ...]:
    """Return every breach of one file's rules, most severe first.

    `tools` names installed validators to ask, too (`adapter.gates.sr_tools`).

    Raises
    ------
    RefusedInput
        The bytes are neither DICOM nor FHIR, or are too damaged to be asked anything.
    """
    from adapter import readers
    from adapter.gates import fhir, sr

    reader = readers.reader_of(data)
    module = (reader.__name__ if reader else "").rpartition(".")[2]
    if module == "dicom_sr":
        found = sr.check(data, name, tools)
    elif module == "fhir":
        found = fhir.check(data, name)
    else:
        raise RefusedInput(f"no rules for it: it looks like {readers.seems(data)}", name)
    return tuple(sorted(found, key=lambda b: SEVERITIES.index(b.severity)))
