"""The mappings looked after: ``mappings check`` and ``mappings suggest``."""

import argparse
import sys

from adapter import pipeline, terms
from adapter.cli import settings
from adapter.errors import RefusedInput
from adapter.model import Document
from adapter.terminology import check, suggest


def run_check(options: argparse.Namespace) -> int:
    """Print every fault of the mappings and overlays; return 1 where there is one."""
    known = terms.load(settings.mappings(options))
    faults = check.check(known)
    for fault in faults:
        print(f"{fault.term}: {fault.rule}: {fault.text}")
    count = sum(len(term.codes) for term in known.terms.values())
    told = f"{len(known.terms)} terms, {count} codes, {len(known.dialects)} dialects"
    print(f"{told}: {len(faults)} faults", file=sys.stderr)
    return 1 if faults else 0


def run_suggest(options: argparse.Namespace) -> int:
    """Print an overlay to be finished for the unmapped codes of inputs; refused inputs are told."""
    known = settings.options(options)
    found: list[Document] = []
    refused = 0
    for name, data in settings.sources(options.inputs, options.settings):
        try:
            found.append(pipeline.read(data, name, known))
        except RefusedInput as error:
            refused += 1
            print(f"csfleak: {error}", file=sys.stderr)
    base = terms.load(known.mappings)
    suggestions = suggest.suggest(found, base)
    sys.stdout.write(suggest.stub(suggestions, base))
    print(f"{len(suggestions)} unmapped codes in {len(found)} inputs", file=sys.stderr)
    return 1 if refused else 0
