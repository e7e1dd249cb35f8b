"""Tables that tests are made of."""

import csv
import io

from openpyxl import Workbook

from adapter import readers, terms
from adapter.readers.options import ReadOptions

TERMS = terms.load()
OPTIONS = ReadOptions()
JA = [
    "患者ID",
    "検査",
    "日付",
    "検査実施機関",
    "所見",
    "有無",
    "部位",
    "左右",
    "病変名",
    "同部位の病変",
    "病変の造影",
    "くも膜下腔との連続",
    "静脈叢",
    "リンパ液",
    "RI集積のパターン",
    "測定値",
    "単位",
    "測定体位",
    "内容",
]
MRI = [
    "Ｐ１",
    "脊髄MRI",
    "２０２６／３／２",
    "見本病院",
    "硬膜外水信号病変",
    "あり",
    "Ｔｈ３－５",
    "左",
    "A",
    "",
    "なし",
    "疑い",
    "(-)",
    "",
    "",
    "",
    "",
    "",
    "",
]
HEADACHE = ["", "", "", "", "起立性頭痛", "あり", *[""] * 13]
PRESSURE = ["", "", "20260310", "", "髄液圧", "", *[""] * 9, "６０以下", "mmH2O", "側臥位", ""]


def made(*rows, header=JA):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue()


def read(data, name="t.csv", options=OPTIONS):
    data = data if isinstance(data, bytes) else data.encode()
    return readers.read(data, name, TERMS, options)


def only(*rows, **more):
    document = read(made(*rows, **more))
    (statement,) = document.statements
    return statement, document


def codes(document):
    return [i.code for i in document.issues]


def workbook(*rows, first=None):
    book = Workbook()
    sheet = book.active
    if first:
        sheet.append(first)
        sheet = book.create_sheet("二")
    for row in rows:
        sheet.append(row)
    made_ = io.BytesIO()
    book.save(made_)
    return made_.getvalue()


def changed(row, **cells):
    row = [*row]
    for name, value in cells.items():
        row[JA.index(name)] = value
    return row
