"""The neutral model: ``findings`` is what inputs say, ``grades`` what the criteria make of it."""

from adapter.model.findings import (
    DOCUMENTED,
    KINDS,
    SAME_KIND,
    Case,
    Document,
    Exam,
    ExamRef,
    Fact,
    Input,
    Issue,
    Lesion,
    Name,
    NamedSite,
    Patient,
    Quantity,
    Site,
    Source,
    State,
    Statement,
    Study,
    Truth,
)
from adapter.model.grades import (
    CONDITIONS,
    NO_GRADE,
    Conclusion,
    Finding,
    Grade,
    Graded,
    Missing,
    Need,
    Note,
    Step,
    Subject,
    Used,
)

__all__ = [
    "CONDITIONS", "DOCUMENTED", "KINDS", "NO_GRADE", "SAME_KIND",
    "Case", "Conclusion", "Document", "Exam", "ExamRef", "Fact", "Finding", "Grade", "Graded",
    "Input", "Issue", "Lesion", "Missing", "Name", "NamedSite", "Need", "Note", "Patient",
    "Quantity", "Site", "Source", "State", "Statement", "Step", "Study", "Subject", "Truth", "Used",
]
