"""What is read, written and asked of FHIR servers to ``docs/conformance-fhir.md``.

Source: `adapter.terminology` (capability statement, operations, profiles), the registry of output
profiles, and what is written of the sample patients.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from adapter import terminology, terms
from adapter.terminology.artifacts import RELEASES
from adapter.writers.fhir.profiles import PROFILES
from docs.site import made, markdown
from docs.site.markdown import code, codes, table

Json = dict[str, Any]


def page() -> str:
    """Return the page."""
    return markdown.page("FHIR conformance", *_parts())


@cache
def artifacts(release: str = "r4") -> tuple[Json, ...]:
    """Return what ``terminology export`` writes for a release."""
    found = terminology.export(terms.load(), {})
    folder = f"fhir-{release}/package/"
    named = (data for name, data in found.items() if name.startswith(folder))
    return tuple(one for one in map(json.loads, named) if "resourceType" in one)


def of(kind: str) -> list[Json]:
    """Return the exported artifacts of one type."""
    return [one for one in artifacts() if one["resourceType"] == kind]


def _parts() -> Iterator[str]:
    yield INTRODUCTION
    yield "## Releases"
    yield RELEASES_READ
    yield table(("release", "version", "profiles"), (
        (release.upper(), version, codes(PROFILES) if release == "r4" else code("base"))
        for release, version in RELEASES.items()
    ))  # fmt: skip
    yield "## What is written"
    yield WRITTEN
    yield table(("`--profile`", "kinds of `--bundle`, its own first"), (
        (code(name), codes(profile.bundles)) for name, profile in PROFILES.items()
    ))  # fmt: skip
    for name in PROFILES:
        yield f"### {name}"
        yield _profile(name, "r4")
    yield "### R5"
    yield _profile("base", "r5")
    yield "## As the client of a FHIR server"
    yield from _client()
    yield "## Operations"
    yield OPERATIONS
    yield table(
        ("operation", "what it does", "in", "out"), map(_operation, of("OperationDefinition"))
    )
    yield "## Definitions of our own"
    yield DEFINITIONS
    yield table(("profile", "of", "what it is"), (
        (code(p["url"]), p["type"], p["title"]) for p in of("StructureDefinition")
    ))  # fmt: skip
    yield "Terminology: " + "; ".join(
        f"{len(of(kind))} {kind}" for kind in ("CodeSystem", "ValueSet", "ConceptMap",
                                               "NamingSystem", "Questionnaire")
    ) + ". Every code: [vocabulary](vocabulary.md)."  # fmt: skip
    yield "## Security"
    yield SECURITY


def _profile(name: str, release: str) -> str:
    head = ("resource", "claims", "in a transaction")
    return table(head, (
        (kind, codes(sorted(said["claims"])), codes(sorted(said["requests"])))
        for kind, said in sorted(standing(name, release).items())
    ))  # fmt: skip


@cache
def standing(name: str, release: str) -> dict[str, dict[str, set[str]]]:
    """Return what stands in the Bundles of a profile, by type: ``claims`` and ``requests``."""
    own = PROFILES[name].bundles[0]
    kinds = dict.fromkeys((own, "transaction"))
    found: dict[str, dict[str, set[str]]] = {}
    for kind in kinds:
        for data in made.written("fhir", profile=name, fhir=release, bundle=kind, **made.SIGNED):
            _count(json.loads(data), found)
    return found


def _count(bundle: Json, found: dict[str, dict[str, set[str]]]) -> None:
    _add(bundle, found)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        said = _add(resource, found)
        if "request" in entry:
            said["requests"].add(_request(entry["request"]))
        for inner in resource.get("contained", ()):
            _add(inner, found, " (contained)")


def _add(
    resource: Json, found: dict[str, dict[str, set[str]]], where: str = ""
) -> dict[str, set[str]]:
    kind = resource["resourceType"] + where
    said = found.setdefault(kind, {"claims": set(), "requests": set()})
    said["claims"] |= set(resource.get("meta", {}).get("profile", ()))
    return said


def _request(request: Json) -> str:
    """Return a request without what names one patient: ``PUT Observation?identifier=…``."""
    once = request.get("ifNoneExist")
    words = f"{request['method']} {request['url']}" + (f", ifNoneExist {once}" if once else "")
    return re.sub(r"=[^&, ]*", "=…", words)


def _client() -> Iterator[str]:
    (statement,) = of("CapabilityStatement")
    (rest,) = statement["rest"]
    yield CLIENT
    yield table(("resource", "interactions", "searched by", "conditional"), (
        (r["type"], ", ".join(i["code"] for i in r["interaction"]),
         codes(p["name"] for p in r.get("searchParam", ())),
         ", ".join(c for c in ("create", "update") if r.get(f"conditional{c.capitalize()}")))
        for r in rest["resource"]
    ))  # fmt: skip
    yield f"Of the whole system: {codes(i['code'] for i in rest['interaction'])}. " + (
        f"Formats: {codes(statement['format'])}. {rest['security']['description']}."
    )


def _operation(operation: Json) -> tuple[str, ...]:
    def parameters(use: str) -> str:
        return "; ".join(
            f"`{p['name']}` {p['type']} {p['min']}..{p['max']}"
            for p in operation["parameter"] if p["use"] == use
        )  # fmt: skip

    return f"`${operation['code']}`", operation["title"], parameters("in"), parameters("out")


INTRODUCTION = """\
What of FHIR `csfleak` reads and writes, and what it asks of a server. Tables are made of the
registries that the code uses and of what it writes for the sample patients; the same as
resources: `csfleak terminology export` ([terminology](terminology.md))."""

RELEASES_READ = """\
Read: R4, R4B and R5, and STU3 where the shapes agree; the release is told by what stands there,
for nothing in a FHIR file names it. JSON, NDJSON and XML, in UTF-8, also within gzip. A single
resource, an array, a Bundle of any type (of a history the newest versions; a searchset without
its outcomes), contained resources, Parameters. Findings are read from Observation, with its
components and members, DiagnosticReport, ImagingStudy, Procedure, BodyStructure,
ImagingSelection and QuestionnaireResponse ([the form](questionnaire.md)). Status, unknown
modifier extensions and `entered-in-error` are heeded; narrative is never searched. Written:"""

WRITTEN = """\
One DiagnosticReport a case, with a grade Observation for each condition and finding, and the
findings themselves. [Output profiles](profiles.md) says what each profile asks for and where it
comes from; [a report's life](report-life.md) what its identifiers are. `--bundle none` is an
array of resources. Below: what stands in the Bundles of the sample patients, signed, and how a
server is asked to take each resource (`…` for what names one)."""

CLIENT = """\
The CapabilityStatement `client`, as it is exported for R4: of reading by URL, which uses read and
search ([a FHIR server as an input](fhir-server.md)), and of the transactions of all output
profiles, which are sent by whoever runs the command. What one profile asks for stands above."""

OPERATIONS = """\
Defined for systems that offer the same, and for `csfleak vectors check URL`, which asks a
server's `$grade`. This version has no HTTP service of its own."""

DEFINITIONS = """\
Under the setting `canonical_base`; until it is set, under a reserved name that belongs to
nobody. They say how findings are read best, and what the base profile writes; nothing written
claims them."""

SECURITY = """\
- No reference, URL or attachment in an input is ever opened. A server is asked only where its
  URL is the input, and only below that base.
- Outputs hold the patient that the inputs hold. Messages and logs hold no name, number or free
  text of a patient; ids are hashed.
- A `text.div` of an input is never passed on; what is written is escaped."""
