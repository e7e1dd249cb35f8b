"""The rule table, policies, notes and cautions to ``docs/criteria.md``.

Source: `adapter.criteria.table.rows`, `adapter.criteria.policy`, and the notes and cautions where
they are made, found in the source by their call.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from adapter import criteria, sites, terms
from adapter.criteria import cautions, csf_leak, csf_leak_2011, pressure
from adapter.criteria import intracranial_hypotension_2011 as hypotension
from adapter.criteria.logic import Rule, View
from adapter.criteria.policy import CHOICES
from adapter.criteria.table import Row, rows
from adapter.model import Grade, Site, Subject
from docs.site import markdown
from docs.site.markdown import bullets, code, codes, table

TERMS = terms.load()

OPEN = {
    1: ("Not enhancing is one of the criteria, and yet a lesion that enhances keeps a grade.",
        "It keeps it, with a caution that a venous plexus is not ruled out."),
    2: ("Said by later literature or by this project, not by the text: the floating dural sac "
        "sign, C1–C2, haematoma, CSF-venous fistula, 24 h retention, negative exams.",
        "Each is marked where it acts."),
    3: ("A unilateral accumulation on which the lateral image does not agree, or was not taken.",
        "Graded as an asymmetric one."),
    4: ("A symmetric accumulation that crosses the thoracolumbar border.",
        "By the policy `ri_border`, with a caution."),
    5: ("Circulation failure beside a finding of MRI: the sentence names no exam, but it stands in "
        "section B.", "It raises findings of its own RI exam alone."),
    6: ("The conditions of reading (position, scoliosis, display) are worded as requirements.",
        "A breach makes the finding provisional; the grade stands."),
    7: ("Technical failure is given as a reason, not as a rule.",
        "RI: a caution. CT myelography: the leak is no finding."),
    8: ("What makes a CT myelography 確定 is worded in three ways.",
        "By the policy `ctm_confirmed`; the trail says which was met."),
    9: ("The list of other brain signs is open.", "By the policy `other_signs`."),
    10: ("Whether herniation and Chiari must be excluded for 確定 and 確実 too.",
         "By the policy `herniation_chiari`; by default they stand with a caution."),
    11: ("Spinal MRI and RI both positive, at different sites.",
         "疑: each alone. At an unknown site 確実 stays possible."),
    12: ("Whether 疑 asks for headache; what dural enhancement without headache concludes.",
         "疑 does not ask; dural enhancement alone is a 強疑 finding and no conclusion."),
    13: ("Opposite sides at one level.", "The same site, with a caution."),
    14: ("How far apart in time exams may lie.", "A caution past six months."),
}  # fmt: skip
"""What the text leaves open (◇), and what is done."""

POLICIES = {
    "same_site": "When RI and spinal MRI findings are at one site: `level`, a shared level; "
    "`region`, a whole region matches, too; a number, that many levels apart",
    "ctm_confirmed": "What a CT myelography needs for 確定 beside the proven leak: `union`, a "
    "dural defect, the leak's site or continuity; `c1`, defect or site; `c3`, defect or "
    "continuity; `list`, continuity",
    "exclusions": "What silence on a mimic or a detail means: `as-read`, that the reader ruled it "
    "out; `strict`, nothing",
    "ri_border": "Which symmetric accumulations are 疑: `any-ct-level`, with any cervical or "
    "thoracic level; `wholly-ct`, with no other level",
    "other_signs": "Other brain signs: `recorded` only, or `counted` among the 参考 findings",
    "herniation_chiari": "Which grades need herniation and Chiari excluded: `suspected`, 疑; "
    "`all`, 確定 and 確実, too",
}

_EXAMPLES = (("T3", "T3-5"), ("T3-5", "T5-7"), ("T3", "T4"), ("T3", "T5"), ("C7/T1", "T1"),
             ("上位胸椎", "T4"), ("胸椎", "T6"), ("胸椎", "上位胸椎"), ("胸椎", "腰椎"),
             ("Th13", "T12"))  # fmt: skip
_TRUTH = {"holds": "same", "fails": "different", "open": "could be: 確実 is possible"}
_CALLS = ("Note", "_note")


def _rules(of: str) -> str:
    """Return the table of one exam kind's rules, or one condition's conclusions."""
    head = (
        "section",
        "rule",
        "grade",
        "in Japanese",
        "in English",
        "holds where",
        "also asks for",
        "◇",
    )
    return table(head, (_row(row) for row in rows() if row.of == of))


def _row(row: Row) -> Iterator[str]:
    only = f" (policy `ctm_confirmed`: {codes(row.policies)})" if row.policies else ""
    yield from (row.section, code(row.id), _grade(row.grade), row.ja, row.en + only)
    holds = _holds(row.id)
    yield holds
    yield codes(c for c in row.concepts if code(c) not in holds)
    yield ", ".join(f"◇{n}" for n in row.text_open)


def _grade(grade: str) -> str:
    return f"{TERMS[grade].ja} {code(grade)}"


_RULES = {r.id: r for rules in (*csf_leak_2011.RULES.values(), hypotension.DURAL) for r in rules}
_BORDER = Site(levels=(sites.INDEX["T12"], sites.INDEX["L1"]))


def _holds(id: str) -> str:
    """Return the facts that the rule itself names as missing where nothing is documented."""
    rule = _RULES.get(id)
    return "" if rule is None else " or ".join(_needs(rule))


def _needs(rule: Rule) -> Iterator[str]:
    for site in (None, _BORDER):
        lesion = Subject(0, 0)
        answer = rule.when(View(criteria.Policy(), Subject(0), {}, lesion, {}, site))
        if answer.missing:
            beyond = " at a site across T12–L1" if site else ""
            for needs in answer.missing:
                facts = sorted(needs, key=lambda need: need.concept)
                yield ", ".join(f"{code(n.concept)} {n.wanted}" for n in facts) + beyond
            return


def _policies() -> str:
    head = ("policy", "values, the default first", "what it decides")
    chosen = ((code(name), codes(CHOICES[name]), POLICIES[name]) for name in POLICIES)
    return table(head, chosen)


def _open() -> str:
    head = ("◇", "what the text leaves open", "what is done", "marked on")
    used = _marks()
    return table(
        head, ((n, *OPEN[n], codes(used.get(n, ())) or "no rule")
               for n in OPEN)
    )  # fmt: skip


def _marks() -> dict[int, list[str]]:
    """Return which rules, cautions and notes carry each mark."""
    found: dict[int, list[str]] = {}
    for row in rows():
        for number in row.text_open:
            found.setdefault(number, []).append(row.id)
    for note in said():
        if note["text_open"]:
            found.setdefault(int(note["text_open"]), []).append(note["code"])
    return found


def said() -> list[Mapping[str, str]]:
    """Return every note and caution that the code can give: code, ja, en, text_open, file."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(Path(criteria.__file__).parent.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            note = _called(call, path.stem)
            if note is not None:
                found.setdefault(note["code"], note)
    return [*found.values(), *_reading()]


def _reading() -> Iterator[Mapping[str, str]]:
    """Yield the cautions on the conditions of reading, which are made in a loop."""
    for concept, (ja, en) in cautions._READING.items():
        yield {"code": concept, "ja": f"{ja}: 判定は暫定", "en": f"{en}: the grade is provisional",
               "text_open": "6", "file": "cautions"}  # fmt: skip


def _called(node: ast.AST, file: str) -> Mapping[str, str] | None:
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in _CALLS:
        return None
    given = {k.arg: k.value for k in node.keywords}
    given |= dict(zip(("code", "ja", "en", "text_open"), node.args, strict=False))
    if "code" not in given or isinstance(given["code"], ast.Name):
        return None
    words = {name: _words(given.get(name)) for name in ("code", "ja", "en", "text_open")}
    return {**words, "file": file}


def _words(node: ast.expr | None) -> str:
    """Return a text of the source; what is filled in when it is said is an ellipsis."""
    match node:
        case ast.Constant(value=value):
            return "" if value is None else str(value)
        case ast.JoinedStr(values=values):
            return "".join(_words(v) if isinstance(v, ast.Constant) else "…" for v in values)
    return ""


def _notes(files: Iterable[str]) -> str:
    head = ("code", "in Japanese", "in English", "◇")
    wanted = [note for note in said() if note["file"] in files]
    return table(head, (
        (code(n["code"]), n["ja"], n["en"], f"◇{n['text_open']}" if n["text_open"] else "")
        for n in wanted
    ))  # fmt: skip


def _same_site() -> str:
    head = ("one", "other", "`level`", "`region`", "`1`")
    return table(head, (
        (one, other, *(_said(one, other, value) for value in ("level", "region", 1)))
        for one, other in _EXAMPLES
    ))  # fmt: skip


def _said(one: str, other: str, value: str | int) -> str:
    truth = sites.same_site(TERMS.read_site(one), TERMS.read_site(other), value)
    return _TRUTH[truth.name.lower()]


def _pressures() -> str:
    shown = (
        f"1 {unit} = {factor} mm H2O" for unit, factor in pressure.MILLIMETRES_OF_WATER.items()
    )
    return f"{pressure.LIMIT} itself counts. Units, without rounding: {'; '.join(shown)}."


def _parts() -> Iterator[str]:
    yield INTRODUCTION
    yield "## Grades"
    yield table(("code", "Japanese", "English", "grades"), _grades())
    yield "## Findings of CSF leak (脳脊髄液漏出症)"
    yield BEST
    for kind in csf_leak_2011.RULES:
        yield f"### {TERMS[kind].en} ({TERMS[kind].ja})"
        yield _rules(kind)
    yield "## Conclusion on CSF leak"
    yield "The first rule that holds. Exams of one kind never combine with each other."
    yield _rules("csf-leak")
    yield "### The same site (同じ部位)"
    yield SAME_SITE
    yield _same_site()
    yield "## Findings of brain MRI (低髄液圧症)"
    yield _rules("brain-mri")
    yield "## Conclusion on intracranial hypotension"
    yield "The first rule that holds. It never changes the conclusion on a leak, nor the reverse."
    yield _rules(hypotension.CONDITION)
    yield "Pressure, supine or in lateral decubitus: " + _pressures()
    yield "## Open points"
    yield "Marked ◇: where a step of a trail rests on one, it carries the number."
    yield _open()
    yield "## Policies"
    yield "`--policy NAME=VALUE`; every report prints the values in force."
    yield _policies()
    yield "## Cautions"
    yield "On findings and conclusions; none changes a grade. `…` is filled in from the case."
    yield _notes(("cautions",))
    yield "## Notes of the report"
    yield _notes(("notes",))


INTRODUCTION = """\
The Japanese imaging criteria of 2011-10-14 (research group of the Ministry of Health, Labour
and Welfare) are implemented as a table of rules, in `adapter/criteria/`. This page lists that
table. The criteria's text is not reproduced: every rule is a paraphrase and names its section.
Short Japanese terms are the authority; no official translation exists.

A fact is *present*, *absent*, *indeterminate* or *not assessed*. Silence is not absence: where
a rule needs a fact that nobody documented, the rule is open, and the fact is listed as missing."""

BEST = """\
The best rule that holds is the finding's grade. "Holds where" is what the rule asks for when
nothing is documented, as the rule itself answers it: mimics and details count as read under the
default policy `exclusions=as-read`, and so stand under "also asks for". `.open` and `.none` are
the steps that say why a finding has no grade."""

SAME_SITE = """\
RI and spinal MRI, one 強疑 with a 強疑 or 疑, at one site: where they share a level, or where the
reader says so (`same-site`). Sites as they are read, and what comes of them by the policy
`same_site`:"""


def _grades() -> Iterator[tuple[str, str, str, str]]:
    concluded = {g.value for g in csf_leak.ALONE}
    for grade in reversed(Grade):
        of = "findings and conclusions" if grade.value in concluded else "findings"
        yield code(grade.value), TERMS[grade.value].ja, TERMS[grade.value].en, of
    for name in ("not-met", "withheld", "not-assessable"):
        yield code(name), TERMS[name].ja, TERMS[name].en, "conclusions"


def page() -> str:
    """Return the page."""
    return markdown.page("The criteria as implemented", *_parts(), LIST)


LIST = bullets((
    "`tests/golden/*.csv` holds truth tables: each combination of an exam's states, a row each.",
    "`tests/cases/*.toml` holds cases that a clinician can read, with the grades they have to get.",
    "[Decisions](decisions.md) says why the rules are built as they are.",
))  # fmt: skip
