"""The command line's own parser to ``docs/commands.md``: every command with its options.

Source: `adapter.cli`, `adapter.errors` (exit codes), `adapter.cli.settings` (the settings file).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from adapter import cli, errors
from docs.site import markdown
from docs.site.markdown import code, table

_COMMON = ("policy", "mappings", "settings", "lang", "timezone", "now", "strict", "salvage",
           "same_patient", "quiet", "verbose")  # fmt: skip


def page() -> str:
    """Return the page."""
    return markdown.page("Commands", *_parts())


def _parts() -> Iterator[str]:
    parser = cli._parser()
    yield INTRODUCTION
    common: dict[str, argparse.Action] = {}
    for name, words, sub in _commands(parser):
        own = [a for a in sub._actions if a.dest not in (*_COMMON, "help", "command")]
        common |= {a.dest: a for a in sub._actions if a.dest in _COMMON}
        yield f"## csfleak {name}"
        yield words[:1].upper() + words[1:] + "."
        yield _options(own)
    yield "## Options of every command"
    yield "`validate` knows none of these."
    yield _options([common[dest] for dest in _COMMON])
    yield "## Exit codes"
    yield table(("code", "means"), _exits())


def _commands(
    parser: argparse.ArgumentParser, before: str = ""
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yield every command that does something, with its words: of ``vectors`` both actions."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        words = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, sub in action.choices.items():
            inner = list(_commands(sub, f"{before}{name} "))
            yield from inner or [(before + name, words[name], sub)]


def _options(actions: list[argparse.Action]) -> str:
    return table(("option", "means", "default"), (_option(a) for a in actions))


def _option(action: argparse.Action) -> tuple[str, str, str]:
    value = _value(action)
    if action.option_strings:
        name = code(" ".join((", ".join(action.option_strings), value)).strip())
    else:
        name = code(value + (" …" if action.nargs == "+" else ""))
    default = action.default
    said = isinstance(default, str | int | Path) and not isinstance(default, bool)
    shown = code(str(default)) if said and default != argparse.SUPPRESS else ""
    return name, action.help or _WORDS.get(action.dest, ""), shown


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices is not None:
        return "/".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper()).replace("|", " or ")


_WORDS = {
    "policy": "one policy's value; as often as needed: [policies](criteria.md#policies)",
    "format": "how it is printed",
    "lang": "the language of what is printed and written",
    "bundle": "how FHIR resources are packed",
    "destination": "the folder of a run",
    "charset": "the character set of the SR",
    "size": "how many vectors",
    "formats": "which formats are asked",
    "output": "folder that is written",
}
"""What options mean that say nothing of themselves."""


def _exits() -> Iterator[tuple[str, str]]:
    yield str(cli.DONE), "done"
    yield str(cli.PARTLY), "done, with inputs (or parts of one) refused, breaches or differences"
    for error in (errors.Usage, errors.Environment, errors.AdapterError):
        yield str(error.exit_code), _MEANS[error]


_MEANS = {
    errors.Usage: "wrong usage: an option, a policy, a settings or mapping file",
    errors.Environment: "stopped by the environment (disk, network): run it again",
    errors.AdapterError: "no result from these inputs",
}

INTRODUCTION = """\
`INPUT` is a file, a folder, a folder with a DICOMDIR, the URL of a Patient or DiagnosticReport
on a [FHIR server](fhir-server.md), or `-` for stdin. Several inputs of one command belong to
one patient. Results are on stdout, messages on stderr, both in UTF-8 whatever the console.

Two variables of the environment: `CSFLEAK_MAPPINGS` names overlays, as `PATH` names folders;
`CSFLEAK_PIXELMED` is a class path for PixelMed's validator. A server's credentials may come
from the environment, too: [a FHIR server as an input](fhir-server.md)."""
