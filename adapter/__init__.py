"""DICOM SR and FHIR to graded CSF-leak findings, and back: the public API.

The names below are loaded when they are asked for: ``import adapter`` loads no DICOM, FHIR, XML or
HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapter.criteria import Policy
    from adapter.pipeline import convert, grade, read, write

__version__ = "0.1.0"
__all__ = ["Policy", "__version__", "convert", "grade", "read", "write"]

_HOMES = {
    "Policy": "adapter.criteria",
    "convert": "adapter.pipeline",
    "grade": "adapter.pipeline",
    "read": "adapter.pipeline",
    "write": "adapter.pipeline",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
