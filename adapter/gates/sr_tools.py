"""DICOM SR files against the validators of others, where they are installed: dciodvfy, dsrdump,
PixelMed.

Each is a program of its own: it gets a file of a neutral name in a folder that is removed again,
has a time limit, and its output becomes breaches without the values it quotes.
Source: the programs' own messages (dicom3tools, DCMTK 3.6.7, PixelMed 20220618).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from adapter.gates.breaches import ERROR, WARNING, Breach

SECONDS = 300
"""Time limit of one program on one file: PixelMed takes 8 s, on a busy machine 30 s."""

_JARS = Path("/usr/share/java")
_CLASSPATH = (
    "pixelmed", "vecmath", "hsqldb", "javax.json", "commons-codec", "commons-net",
    "commons-compress", "slf4j-api", "slf4j-simple",
)  # fmt: skip
# Without these JDK 17 gives up on PixelMed's rules (JAXP0801003), with exit code 0.
_JAVA = (
    "-Djdk.xml.xpathTotalOpLimit=0", "-Djdk.xml.xpathExprOpLimit=0",
    "-Djdk.xml.xpathExprGrpLimit=0", "-Dfile.encoding=UTF-8",
)  # fmt: skip
_MAIN = "com.pixelmed.validate.DicomSRValidator"


@dataclass(frozen=True, slots=True)
class Tool:
    """A validator: its name, how to find its command, and what its output comes to."""

    name: str
    command: Callable[[], tuple[str, ...] | None]
    breaches: Callable[[str, int, bool], Iterable[Breach]]


def absent(names: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return which validators are not installed, of those named (all where None)."""
    asked = tuple(NAMES if names is None else names)
    return tuple(t.name for t in TOOLS if t.name in asked and t.command() is None)


def check(
    data: bytes, names: Iterable[str] | None = None, *, switching: bool = False
) -> tuple[Breach, ...]:
    """Return what the installed validators find in one SR.

    Parameters
    ----------
    data : bytes
        The file.
    names : iterable of str, optional
        Which of `NAMES` to ask; all where None.
    switching : bool
        Whether its text changes character sets by escape sequences (ISO 2022).

    Returns
    -------
    tuple of Breach
        The gate is the program's name. One that is not installed finds nothing (`absent` names
        it); one that fails, or takes too long, is a warning of rule ``not-run``.
    """
    asked = tuple(NAMES if names is None else names)
    with TemporaryDirectory(prefix="csfleak-") as folder:
        file = Path(folder) / "document.dcm"
        file.write_bytes(data)
        found = [b for t in TOOLS if t.name in asked for b in _run(t, file, switching)]
    return tuple(dict.fromkeys(found))


def _run(tool: Tool, file: Path, switching: bool) -> Iterable[Breach]:
    command = tool.command()
    if command is None:
        return ()
    try:
        done = subprocess.run(
            [*command, file.name],
            cwd=file.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        return (_not_run(tool.name, f"stopped after {SECONDS} seconds"),)
    except OSError as error:
        return (_not_run(tool.name, f"cannot be started: {error.strerror}"),)
    return tool.breaches(done.stdout.decode("utf-8", "replace"), done.returncode, switching)


def _not_run(gate: str, why: str) -> Breach:
    return Breach(gate, "not-run", WARNING, "", f"says nothing: {why}")


def _program(*command: str) -> Callable[[], tuple[str, ...] | None]:
    def find() -> tuple[str, ...] | None:
        path = shutil.which(command[0])
        return (path, *command[1:]) if path else None

    return find


def pixelmed() -> tuple[str, ...] | None:
    """Return the command of PixelMed's validator; None without Java or Debian's libpixelmed-java.

    ``CSFLEAK_PIXELMED`` is a class path for a PixelMed that lies elsewhere.
    """
    java, classes = shutil.which("java"), os.environ.get("CSFLEAK_PIXELMED") or _debian()
    return (java, *_JAVA, "-cp", classes, _MAIN) if java and classes else None


@lru_cache(maxsize=1)
def _debian() -> str:
    jars = [_JARS / f"{name}.jar" for name in _CLASSPATH]
    return os.pathsep.join(str(j) for j in jars if j.is_file()) if jars[0].is_file() else ""


_ELEMENT = re.compile(r"(?:Element=|attribute )<([^<>]+)>")
_TAGGED = re.compile(r"\(0x([0-9a-f]{4}),0x([0-9a-f]{4})\)")
_QUOTED = re.compile(r"\s*(?:\[\d+\] )?= <.*>(?=\s-\s|\s*$)|(?<=value )<[^<>]*>")
_OURS = re.compile(
    r"Unrecognized defined term <(?:99|.*Coding Scheme UID)"
)  # no place in its tables
_COUNTED = "Bad attribute Value Multiplicity"


def _dciodvfy(output: str, code: int, switching: bool) -> Iterator[Breach]:
    """Yield the lines of dciodvfy; it takes half of a JIS kanji for a separator of values."""
    for line in output.splitlines():
        severity, dash, text = line.partition(" - ")
        if (
            severity not in ("Error", "Warning")
            or not dash
            or _OURS.match(text)
            or "DICOMDIR" in text
        ):
            continue
        words = _QUOTED.sub("", text).strip()
        element = _ELEMENT.search(text)
        tag = _TAGGED.search(text)
        path = element[1] if element else f"({tag[1]},{tag[2]})" if tag else ""
        doubtful = severity == "Error" and switching and _COUNTED in text
        if doubtful:
            words += " (it counts bytes of ISO 2022 text: no error where such text holds kanji)"
        level = ERROR if severity == "Error" and not doubtful else WARNING
        yield Breach("dciodvfy", _slug(words), level, path, words)
    if code < 0:
        yield _not_run("dciodvfy", "it crashed")


_NOISE = ("VR checker does not support", "unknown/unsupported SpecificCharacterSet")
_ITEM = re.compile(r'"(\d+(?:\.\d+)*)"')
_KEYWORD = re.compile(r"\b([A-Z]\w+) \([0-9a-f]{4},[0-9a-f]{4}\)")


def _dsrdump(output: str, code: int, switching: bool) -> Iterator[Breach]:
    """Yield the messages of dsrdump: errors where it gives up, else warnings."""
    for line in output.splitlines():
        letter, colon, text = line.partition(": ")
        if letter not in ("E", "F", "W") or not colon or any(noise in text for noise in _NOISE):
            continue
        if letter == "F":
            words = _shown(text)
            if words:
                yield Breach("dsrdump", "not-read", ERROR, "", words)
            continue
        place = _ITEM.search(text) or _KEYWORD.search(text)
        words = re.sub(r" \([A-Z0-9_^=\\ ]+\)$", "", text) if "unknown/" in text else text
        counted = switching and "VM != 1" in text
        level = ERROR if letter == "E" and not counted else WARNING
        yield Breach("dsrdump", _slug(words), level, place[1] if place else "", words)
    if code < 0:
        yield _not_run("dsrdump", "it crashed")


def _shown(text: str) -> str:
    """Return what a last message says, without the file's name."""
    reason = re.search(r"error \(([^()]*)\)", text)
    return f"it does not read the document: {reason[1]}" if reason else ""


_ILLEGAL = re.compile(r"Parent content item \(.*has illegal relationship .*\(([\d.]+):")
_WITHIN = re.compile(r"(?:within |: )(1(?:\.\d+)*): /CONTAINER")
_NAMES = re.compile(r'("[^"]*")')


def _pixelmed(output: str, code: int, switching: bool) -> Iterator[Breach]:
    """Yield PixelMed's errors; its warnings tell items beyond its tables of 2022."""
    for line in output.splitlines():
        illegal = _ILLEGAL.match(line)
        if illegal:
            yield Breach("pixelmed", "illegal-relationship", ERROR, illegal[1], _unquoted(line))
        elif line.startswith("Error: "):
            place = _WITHIN.search(line)
            rule = _slug(line.rpartition(": ")[2])
            path = place[1] if place else ""
            yield Breach("pixelmed", rule, ERROR, path, _unquoted(line.removeprefix("Error: ")))
    # It ends with 0 whatever happens, and says so only where it came to its end.
    if "IOD validation complete" not in output:
        yield _not_run("pixelmed", f"it ended early (exit code {code})")


def _unquoted(line: str) -> str:
    return _NAMES.sub('"…"', line)


_DETAIL = re.compile(r" Type \d| Element=| - | for value \d| but have ")


def _slug(words: str) -> str:
    """Return the id of a message: its first words, without what is in brackets or quoted."""
    plain = re.sub(r"<[^<>]*>|\([^()]*\)|\"[^\"]*\"", " ", _DETAIL.split(words)[0])
    return "-".join(re.findall(r"[a-z][a-z0-9]+", plain.lower())[:6]) or "message"


TOOLS = (
    Tool("dciodvfy", _program("dciodvfy"), _dciodvfy),
    Tool("dsrdump", _program("dsrdump"), _dsrdump),
    Tool("pixelmed", pixelmed, _pixelmed),
)
"""The validators, quickest first."""
NAMES = tuple(tool.name for tool in TOOLS)
"""Their names, as they are asked by."""
