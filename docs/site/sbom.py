"""The installed packages to a bill of materials: ``python -m docs.site.sbom`` (``make sbom``).

CycloneDX JSON of the environment that runs it, with licences and dependencies as the packages state
them; no time and no serial number, so that the same environment gives the same bytes. The version
of this package, which its metadata takes from the source, is filled in. Source: CycloneDX 1.6.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from adapter import __version__

ROOT = Path(__file__).parents[2]
BILL = ROOT / "build" / "sbom.cdx.json"


def bill(*, validated: bool = True) -> bytes:
    """Return the bill of materials; against the schema, which takes 20 s, where `validated`.

    Raises
    ------
    subprocess.CalledProcessError
        cyclonedx-bom is not installed, or fails; what it says stands on stderr.
    """
    skipped = () if validated else ("--no-validate",)
    with TemporaryDirectory(prefix="csfleak-") as folder:
        path = Path(folder) / BILL.name
        command = [
            *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"),
            *("--pyproject", str(ROOT / "pyproject.toml"), "-o", str(path), *skipped),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        made = json.loads(path.read_bytes())
    own = made["metadata"]["component"]
    own |= {"version": __version__, "purl": f"pkg:pypi/{own['name']}@{__version__}"}
    return (json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


if __name__ == "__main__":
    BILL.parent.mkdir(exist_ok=True)
    BILL.write_bytes(bill())
    print(BILL.relative_to(ROOT))
