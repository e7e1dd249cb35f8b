"""What a fresh process has loaded after an import: no library before it is needed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

HEAVY = ("fhir", "highdicom", "httpx", "lxml", "numpy", "pydantic", "pydicom")
# Each is what starting the command, or calling the library, loads before it has read anything.
LIGHT_MODULES = (
    "adapter",
    "adapter.cli",
    "adapter.criteria",
    "adapter.merge",
    "adapter.model",
    "adapter.pipeline",
    "adapter.readers",
    "adapter.terms",
    "adapter.writers",
)


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_an_import_loads_no_heavy_library(module: str, fresh_python: Callable[..., str]) -> None:
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    loaded = {name.partition(".")[0] for name in json.loads(fresh_python(code))}
    assert "adapter" in loaded
    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))


def test_the_heavy_libraries_are_there_to_be_loaded(fresh_python: Callable[..., str]) -> None:
    """Otherwise the test above could not fail."""
    code = "from importlib.util import find_spec; print([n for n in %r if not find_spec(n)])"
    assert fresh_python(code % (HEAVY,)).strip() == "[]"


def test_the_root_package_loads_nothing_of_itself(fresh_python: Callable[..., str]) -> None:
    code = "import adapter, sys; print([n for n in sys.modules if n.startswith('adapter.')])"
    assert fresh_python(code).strip() == "[]"


def test_the_public_api_is_what_it_says(fresh_python: Callable[..., str]) -> None:
    code = "import adapter; print([n for n in adapter.__all__ if getattr(adapter, n) is None])"
    assert fresh_python(code).strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    import adapter

    with pytest.raises(AttributeError, match="no_such_name"):
        _ = adapter.no_such_name


def test_one_sr_to_graded_fhir_loads_no_heavy_library(
    repo: Path, fresh_python: Callable[..., str]
) -> None:
    sample = repo / "sample_data" / "04-definite-same-site" / "sr"
    code = (
        "import sys; from pathlib import Path; from adapter import pipeline;"
        f"pipeline.convert(pipeline.sources([Path({str(sample)!r})]), ['fhir', 'sr', 'findings']);"
        "print([n for n in %r if n in sys.modules])"
    )
    assert fresh_python(code % (HEAVY,)).strip() == "[]"
