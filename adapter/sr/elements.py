"""Bytes of a DICOM data set to nested data sets of raw values, in one pass.

Every length must fit its parent and every delimiter must be there. Text stays as bytes: see
``adapter.sr.charset``. Source: DICOM PS3.5 sections 7.1 to 7.5, 6.2.2 (UN), Annex A.
"""

from adapter.sr.limits import Limits
from adapter.sr.raw import (
    CODE_SEQUENCES,
    DELIMITERS,
    ITEM_END,
    LONG_VRS,
    SEQUENCES,
    SHORT_VRS,
    UNDEFINED,
    Break,
    CodeSequence,
    Excess,
    Order,
    Raw,
    Sequence,
)

WIDE = 512  # a code sequence longer than this is not remembered
MEMO_SIZE = 2048


Memo = dict[bytes, CodeSequence]
# By (explicit, little, delimited): the same bytes mean something else in another layout.
_MEMOS: dict[tuple[bool, bool, bool], Memo] = {
    (explicit, little, delimited): {}
    for explicit in (False, True)
    for little in (False, True)
    for delimited in (False, True)
}
_ORDERS = {little: Order("<" if little else ">") for little in (False, True)}


class Reader:
    """One pass over one data set.

    Parameters
    ----------
    data : bytes
        The file, or the inflated data set.
    little : bool
        Byte order.
    limits : Limits
        Past one of them ``Excess`` is raised.
    salvage : bool
        Look into what passes the end before raising ``Break``.
    """

    def __init__(self, data: bytes, little: bool, limits: Limits, salvage: bool = False) -> None:
        order = _ORDERS[little]
        self.data = data
        self.little = little
        self.limits = limits
        self.salvage = salvage
        self.elements = 0
        # An element takes 8 bytes: a short file cannot hold too many.
        self._counted = len(data) >> 3 > limits.elements
        self.items = 0
        self.mended: list[tuple[str, int]] = []
        self.mends = 0
        self._implicit_head = order.implicit_head
        self._word = order.word
        self._sequence_end = order.sequence_end
        self._bulk = order.bulk
        self._tools = (  # for _explicit, which is entered once for every item
            data,
            order.explicit_head,
            order.word,
            order.short,
            order.long,
            order.sq,
            order.un,
            _MEMOS[True, little, False],
            _MEMOS[True, little, True],
            order.sequence_end,
            self._counted,
            limits.string,
        )

    def read(self, into: Raw, end: int, explicit: bool) -> None:
        """Fill ``into`` with the elements from its offset to ``end``, exactly.

        Raises
        ------
        Break
            A length, delimiter or VR is wrong; ``into`` keeps what was read up to there.
        Excess
            A limit is passed.
        """
        elements = self._explicit if explicit else self._implicit
        elements(into, into.offset, end, False, 0)

    def _looks_implicit(self, pos: int, end: int) -> bool:
        group, _, length = self._implicit_head(self.data, pos)
        return bool(group != 0xFFFE and (length <= end - pos - 8 or length == UNDEFINED))

    def _explicit(self, into: Raw, pos: int, end: int, delimited: bool, depth: int) -> int:
        data, head, word, short, long, sq, un, memo, open_memo, close, counted, longest = (
            self._tools
        )
        first, last = pos, -1
        while pos + 8 <= end:
            group, element, vr, length = head(data, pos)
            tag = group << 16 | element
            if vr in short:
                start = pos + 8
            elif vr in long:
                start = pos + 12
                if start > end:
                    raise Break("ends inside an element", pos)
                length = word(data, pos + 8)[0]
                if vr == sq or (vr == un and (length == UNDEFINED or tag in SEQUENCES)):
                    if tag <= last:
                        self._disorder(into, tag, last, pos)
                    last = tag
                    stop = start + length
                    if length == UNDEFINED:
                        stop = data.find(close, start, min(end, start + WIDE)) + 8
                    if stop - start <= WIDE and stop <= end and not counted and vr == sq:
                        known = (open_memo if length == UNDEFINED else memo).get(data[start:stop])
                        if known:  # as _sequence does, without its call
                            into[tag] = known
                            self.items += len(known)
                            pos = stop
                            continue
                    inner = vr == sq or self._explicit_inside(start)
                    pos = self._sequence(into, tag, start, end, length, inner, depth)
                    continue
            elif tag == ITEM_END and delimited:
                return self._closed(pos, last)
            elif pos == first and depth and self._looks_implicit(pos, end):
                self._mend("implicit-in-explicit", pos)
                return self._implicit(into, pos, end, delimited, depth)
            else:
                raise Break("has an element of unknown value representation", pos)
            stop = start + length
            if stop > end:
                raise Break("has a length that passes its end", pos)
            if tag <= last:
                self._disorder(into, tag, last, pos)
            last = tag
            if counted:
                self._count(1)
            if length <= longest:
                into[tag] = data[start:stop]
            elif vr in self._bulk:
                into[tag] = b""
            else:
                raise Excess(f"a text value of more than {longest} bytes")
            pos = stop
        if pos != end or delimited or last >= DELIMITERS:
            raise Break("ends inside an item" if delimited else "ends inside an element", pos)
        return pos

    def _explicit_inside(self, start: int) -> bool:
        """Tell whether a sequence called UN holds explicit VR after all (PS3.5 6.2.2 note 2)."""
        vr = self.data[start + 12 : start + 14]
        return vr in SHORT_VRS or vr in LONG_VRS

    def _implicit(self, into: Raw, pos: int, end: int, delimited: bool, depth: int) -> int:
        data, head, counted = self.data, self._implicit_head, self._counted
        longest, last = self.limits.string, -1
        while pos + 8 <= end:
            group, element, length = head(data, pos)
            tag = group << 16 | element
            start = pos + 8
            if group == 0xFFFE:
                if tag == ITEM_END and delimited:
                    return self._closed(pos, last)
                raise Break("has a delimiter where an element belongs", pos)
            if tag <= last:
                self._disorder(into, tag, last, pos)
            last = tag
            if length == UNDEFINED or tag in SEQUENCES:
                pos = self._sequence(into, tag, start, end, length, False, depth)
                continue
            stop = start + length
            if stop > end:
                raise Break("has a length that passes its end", pos)
            if counted:
                self._count(1)
            into[tag] = data[start:stop] if length <= longest else b""
            pos = stop
        if pos != end or delimited or last >= DELIMITERS:
            raise Break("ends inside an item" if delimited else "ends inside an element", pos)
        return pos

    def _count(self, elements: int) -> None:
        self.elements += elements
        if self.elements > self.limits.elements:
            raise Excess(f"more than {self.limits.elements} data elements")

    def _disorder(self, into: Raw, tag: int, last: int, pos: int) -> None:
        if tag in into:
            raise Break("has the same element twice", pos)
        if last >= DELIMITERS:
            raise Break("has a delimiter where an element belongs", pos)
        self._mend("order", pos)

    def _mend(self, id: str, pos: int) -> None:
        self.mends += 1
        if self.mends <= self.limits.deviations:
            self.mended.append((id, pos))

    def _closed(self, pos: int, last: int) -> int:
        if self._word(self.data, pos + 4)[0]:
            raise Break("has an item delimiter with a length", pos)
        if last >= DELIMITERS:
            raise Break("has a delimiter where an element belongs", pos)
        return pos + 8

    def _sequence(
        self, into: Raw, tag: int, pos: int, end: int, length: int, explicit: bool, depth: int
    ) -> int:
        if self._counted:
            self._count(1)
        delimited = length == UNDEFINED
        stop = end if delimited else pos + length
        if stop > end:
            if self.salvage:
                into[tag] = items = Sequence()
                self._items(items, pos, end, True, explicit, depth + 1)
            raise Break("has a sequence that passes its end", pos)
        if tag not in CODE_SEQUENCES:
            into[tag] = items = Sequence()
            return self._items(items, pos, stop, delimited, explicit, depth + 1)
        # Bytes that once were a whole code sequence are the same one wherever they stand, as
        # nothing before them matters. Where the length is open, the first delimiter is tried.
        memo = _MEMOS[explicit, self.little, delimited]
        after = stop
        if delimited:
            after = self.data.find(self._sequence_end, pos, min(stop, pos + WIDE)) + 8
        known = memo.get(self.data[pos:after]) if after - pos <= WIDE else None
        if known is None:
            return self._codes(into, tag, pos, stop, delimited, explicit, depth)
        into[tag] = known
        self.items += len(known)
        if self._counted:
            self._count(known.elements)
        return after

    def _codes(
        self, into: Raw, tag: int, pos: int, stop: int, delimited: bool, explicit: bool, depth: int
    ) -> int:
        """Read a code sequence that is not remembered, and remember it if it is simple."""
        items = into[tag] = CodeSequence()
        mends = self.mends
        after = self._items(items, pos, stop, delimited, explicit, depth + 1)
        flat = not any(isinstance(value, Sequence) for item in items for value in item.values())
        if flat and items and after - pos <= WIDE and mends == self.mends:
            items.elements = sum(map(len, items))
            memo = _MEMOS[explicit, self.little, delimited]
            if len(memo) >= MEMO_SIZE:
                memo.clear()
            memo[self.data[pos:after]] = items
        return after

    def _items(
        self, items: Sequence, pos: int, stop: int, delimited: bool, explicit: bool, depth: int
    ) -> int:
        if depth > self.limits.depth:
            raise Excess(f"sequences nested more than {self.limits.depth} deep")
        data, head = self.data, self._implicit_head
        elements = self._explicit if explicit else self._implicit
        while pos + 8 <= stop:
            group, element, length = head(data, pos)
            if group != 0xFFFE or element not in (0xE000, 0xE0DD):
                raise Break("has something else where an item belongs", pos)
            if element == 0xE0DD:
                if not delimited or length:
                    raise Break("has a misplaced sequence delimiter", pos)
                return pos + 8
            self.items += 1
            if self.items > self.limits.items:
                raise Excess(f"more than {self.limits.items} items")
            item = Raw()
            item.offset = pos
            items.append(item)
            open_end = length == UNDEFINED
            end = stop if open_end else pos + 8 + length
            try:
                if end > stop:
                    if self.salvage:
                        elements(item, pos + 8, stop, True, depth)
                    raise Break("has an item that passes its sequence", pos)
                pos = elements(item, pos + 8, end, open_end, depth)
            except Break as found:
                found.torn.add(id(item))
                raise
        if delimited:
            raise Break("ends inside a sequence", pos)
        if pos != stop:
            raise Break("has a sequence whose items do not fill it", pos)
        return pos
