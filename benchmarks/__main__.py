"""Every benchmark in turn: ``make bench``. Each prints its own table."""

import runpy
import sys
from pathlib import Path

SCRIPTS = ("whole_process", "sr_reading", "sr_writing", "fhir_reading")


def main() -> None:
    """Run the scripts that stand beside this file."""
    for name in SCRIPTS:
        print(f"== {name}", flush=True)
        sys.argv = [name]
        runpy.run_path(str(Path(__file__).parent / f"{name}.py"), run_name="__main__")


if __name__ == "__main__":
    main()
