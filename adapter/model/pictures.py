"""What of an image a finding rests on: a reference, or a region in one. Carried, never graded.

Source: DICOM PS3.3 C.18.3, C.18.4, C.18.6, C.18.9 (COMPOSITE, IMAGE, SCOORD, SCOORD3D).
"""

from adapter.model.base import Source
from adapter.model.unmapped import Coded
from adapter.model.value import value


@value
class Picture:
    """One reference or region.

    ``kind`` is the value type: ``IMAGE``, ``COMPOSITE``, ``WAVEFORM``, ``SCOORD``, ``SCOORD3D``.
    ``group`` is the path of the measurement group or finding that it belongs to, in the document
    of ``source``. ``sop_class``, ``sop_instance`` and ``frames`` tell what is referred to; a region
    has ``shape``, ``points`` and, in space, ``frame_of_reference`` instead, and ``of`` the images
    it is selected from.
    """

    source: Source
    group: str
    kind: str
    names: tuple[Coded, ...] = ()
    sop_class: str = ""
    sop_instance: str = ""
    frames: tuple[int, ...] = ()
    shape: str = ""
    points: tuple[float, ...] = ()
    frame_of_reference: str = ""
    of: tuple["Picture", ...] = ()
