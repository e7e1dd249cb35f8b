"""Text by declared character set, and by evidence where the declaration does not do."""

import pytest
from pydicom import charset as pydicom_charset

from adapter.sr.charset import LINES, NAMES, VALUES, charset
from adapter.sr.iso2022 import ONE_BYTE
from tests.sr.samples import TESTS

SINGLE = {
    "": ("plain ASCII", "ascii"),
    "ISO_IR 6": ("plain ASCII", "ascii"),
    "ISO_IR 100": ("Äpfel, façade", "latin_1"),
    "ISO_IR 101": ("Łódź, žluťoučký", "iso8859_2"),
    "ISO_IR 109": ("Ĉirkaŭ Ħġ", "iso8859_3"),
    "ISO_IR 110": ("Ąžuolas ķ", "iso8859_4"),
    "ISO_IR 144": ("Люкceмбypг", "iso8859_5"),
    "ISO_IR 127": ("قباني لنزار", "iso8859_6"),
    "ISO_IR 126": ("Διονυσιος", "iso8859_7"),
    "ISO_IR 138": ("שרון דבורה", "iso8859_8"),
    "ISO_IR 148": ("Çağıl ş", "iso8859_9"),
    "ISO_IR 203": ("œuvre €", "iso8859_15"),
    "ISO_IR 166": ("นามสกุล", "tis_620"),
    "ISO_IR 13": ("ﾔﾏﾀﾞ^ﾀﾛｳ", "shift_jis"),
    "ISO_IR 192": ("王^小東 髙﨑𠮷～−", "utf_8"),
    "GB18030": ("王^小东 𠮷", "gb18030"),
    "GBK": ("王^小东", "gbk"),
}


@pytest.mark.parametrize("term", SINGLE)
def test_a_single_character_set_decodes_as_declared(term):
    text, codec = SINGLE[term]
    assert charset(term.encode()).decode(text.encode(codec)) == (text, "")
    assert charset(term.encode()).problems == ()


def test_every_single_byte_set_agrees_with_pydicom_on_every_byte():
    for number in ONE_BYTE:
        term = f"ISO_IR {number}"
        known = {**pydicom_charset.python_encoding, "ISO_IR 203": "iso8859_15"}
        codec = known[term] if number != "6" else "ascii"
        for byte in range(0xA0, 0x100):
            raw = bytes((0x41, byte, 0x42))
            text, done = charset(term.encode()).decode(raw)
            try:
                expected = raw.decode(codec)
            except UnicodeDecodeError:
                assert done
                continue
            if number == "13" and not 0xA1 <= byte <= 0xDF:  # a kanji byte in a one-byte set
                assert done
                continue
            assert (text, done) == (expected, ""), (term, hex(byte))


SWITCHED = {
    # PS3.5 annexes H, I, K
    (
        "\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
    ): "Yamada^Tarou=山田^太郎",
    (
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J"
        b"=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
    ): "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    (
        "\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
    ): "Hong^Gildong=洪^吉洞=홍^길동",
    (
        "\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
    ): "Zhang^XiaoDong=张^小东=",
    ("\\ISO 2022 IR 87\\ISO 2022 IR 159", b"\x1b$BJ8\x1b$(D0!\x1b(B."): "文丂.",
    ("ISO 2022 IR 100\\ISO 2022 IR 144", b"\xc4 \x1b-L\xbb\xee\x1b-A\xc4"): "Ä Лю" + "Ä",
    ("ISO 2022 IR 100\\ISO 2022 IR 144", b"\x1b-L\xbb\xee^\xc4"): "Лю^Ä",
    ("\\ISO 2022 IR 13\\ISO 2022 IR 87", b"\x1b)I\xb1\xb2 \x1b$B4A\x1b(B"): "ｱｲ 漢",
    ("ISO 2022 IR 6\\ISO 2022 IR 87", b"\x1b$B4A;z\x1b(B"): "漢字",
}


@pytest.mark.parametrize("case", SWITCHED)
def test_escape_sequences_switch_sets(case):
    terms, raw = case
    assert charset(terms.encode()).decode(raw, NAMES) == (SWITCHED[case], "")


@pytest.mark.parametrize(("number", "escape"), [("87", b"\x1b$B"), ("159", b"\x1b$(D")])
def test_every_japanese_two_byte_character_agrees_with_pydicom(number, escape):
    sets = charset(f"\\ISO 2022 IR {number}".encode())
    codec = "iso2022_jp" if number == "87" else "iso2022_jp_2"
    known = 0
    for row in range(0x21, 0x7F):
        for cell in range(0x21, 0x7F):
            raw = escape + bytes((row, cell)) + b"\x1b(B"
            try:
                expected = raw.decode(codec)
            except UnicodeDecodeError:
                assert sets.decode(raw)[1]
                continue
            known += 1
            assert sets.decode(raw) == (expected, "")
    assert known > 6000


@pytest.mark.parametrize("pad", [b"", b" ", b"  ", b"\0"])
def test_kanji_padded_without_a_reset_lose_the_pad_only(pad):
    text, done = charset(b"\\ISO 2022 IR 87").decode(b"\x1b$B9EKl30" + pad)
    assert (text.rstrip("\0 "), done) == ("硬膜外", "")


def test_kanji_bytes_are_no_delimiters():
    # 0x5C is the second byte of 構 in JIS, 0x3D the first of 秀.
    sets = charset(b"\\ISO 2022 IR 87")
    assert sets.decode(b"\x1b$B9=\x1b(B\\\x1b$B=(\x1b(B", VALUES) == ("構\\秀", "")
    assert charset(b"GB18030").decode("誠\\論".encode("gb18030"), VALUES)[0] == "誠\\論"


def test_a_value_delimiter_stays_one_under_jis_x_0201():
    assert charset(b"ISO_IR 13").decode(b"\xd4\xcf\\\xc0\xde", VALUES) == ("ﾔﾏ\\ﾀﾞ", "")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ISO IR 87", ("", "ISO 2022 IR 87")),
        ("ISO 2022 IR 87", ("", "ISO 2022 IR 87")),
        ("ISO_IR_192", ("ISO_IR 192",)),
        ("ISO IR 192", ("ISO_IR 192",)),
        ("ISO-IR 100", ("ISO_IR 100",)),
        ("iso_ir 192", ("ISO_IR 192",)),
        ("UTF-8", ("ISO_IR 192",)),
        ("SHIFT_JIS", ("SHIFT_JIS",)),
        ("ISO_IR 100\\ISO_IR 144", ("ISO 2022 IR 100", "ISO 2022 IR 144")),
        ("\\ISO2022IR87", ("", "ISO 2022 IR 87")),
        ("ISO_IR 192\\ISO 2022 IR 87", ("ISO_IR 192",)),
        ("NONSENSE", ("",)),
        ("ISO_IR 999", ("",)),
    ],
)
def test_misspelt_and_misplaced_terms_are_understood_and_told(written, meant):
    sets = charset(written.encode())
    assert sets.terms == meant
    assert bool(sets.problems) == (written != "SHIFT_JIS")


WRONG = {
    # (declared, bytes): what the text is
    ("", "硬膜外".encode()): "硬膜外",
    ("ISO_IR 100", "硬膜外".encode()): "硬膜外",
    ("\\ISO 2022 IR 87", "硬膜外".encode()): "硬膜外",
    ("ISO_IR 13", "硬膜外".encode()): "硬膜外",
    ("", "硬膜外".encode("cp932")): "硬膜外",
    ("ISO_IR 100", "硬膜外の水".encode("cp932")): "硬膜外の水",
    ("ISO_IR 13", "硬膜外".encode("cp932")): "硬膜外",
    ("\\ISO 2022 IR 87", "硬膜外".encode("cp932")): "硬膜外",
    ("ISO_IR 192", "硬膜外".encode("cp932")): "硬膜外",
    ("", b"\x1b$B9EKl30\x1b(B"): "硬膜外",
    ("ISO_IR 100", b"\x1b$B9EKl30\x1b(B"): "硬膜外",
    ("ISO_IR 192", b"\x1b$B9EKl30\x1b(B"): "硬膜外",
    ("", b"fa\xe7ade"): "façade",
    ("ISO_IR 100", b"the patient\x92s \x93cyst\x94"): "the patient’s “cyst”",
    ("ISO_IR 192", b"fa\xe7ade"): "façade",
    ("\\ISO 2022 IR 87", b"\x1b$B4A\x1b(B \xb5m"): "漢 µm",
    ("\\ISO 2022 IR 87", b"\x1b$B-!-5\x1b(B"): "①Ⅰ",
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_declaration_is_mended_by_evidence_and_told(case):
    declared, raw = case
    text, done = charset(declared.encode()).decode(raw, LINES)
    assert text == WRONG[case]
    assert done.startswith("read ")


def test_true_latin_text_stays_what_it_is_declared_to_be():
    for text in ("Ångström", "naïve", "Ærø", "Müller-Lüdenscheidt", "¿Qué?"):
        assert charset(b"ISO_IR 100").decode(text.encode("latin_1")) == (text, "")


def test_any_bytes_become_some_text_under_any_declaration():
    terms = [*SINGLE, *(case[0] for case in SWITCHED), "NONSENSE", "SHIFT_JIS"]
    raws = [(TESTS / "bugs" / "01-charset-ir13-first.dcm").read_bytes(), bytes(range(256)) * 2]
    raws += [b"\x1b$B" + bytes(range(256)), b"\x1b", b"\x1b$", b"\x1b$B!", b"\x1b$)C\xff\x80"]
    for term in terms:
        for raw in raws:
            for stops in (LINES, VALUES, NAMES):
                text, _ = charset(term.encode()).decode(raw, stops)
                assert isinstance(text, str)
