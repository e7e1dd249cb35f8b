"""The mappings are found from the wheel and from a bare checkout, and are the same ones.

No registry is asked: the build backend is among the locked packages. ``make check-wheel`` installs
the wheel as a stranger would. The editable install is the one these tests run in.
"""

import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

WHERE = "from adapter import terms; print(terms.root(), terms.load().digest, sep='\\n')"


@pytest.fixture(scope="module")
def wheel(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=repo,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("csfleak_adapter-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel's files as an installer lays them."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_finds_its_own_mappings(
    installed: Path, tmp_path: Path, fresh_python: Callable[..., str]
) -> None:
    root, digest = fresh_python(WHERE, cwd=tmp_path, path=installed).split()
    assert Path(root) == installed / "adapter" / "_mappings"
    assert digest == fresh_python(WHERE).split()[1]


def test_a_bare_checkout_finds_the_mappings(
    repo: Path, tmp_path: Path, fresh_python: Callable[..., str]
) -> None:
    root = fresh_python(WHERE, cwd=tmp_path, path=repo).split()[0]
    assert Path(root) == repo / "mappings"


def test_the_wheel_carries_every_mapping_and_demo_file(repo: Path, installed: Path) -> None:
    pyproject = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))
    packed = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {"adapter/_mappings"} < set(packed.values())
    for source, place in packed.items():
        expected = _files(repo / source)
        assert expected, source
        within = tuple(p[len(place) + 1 :] for p in packed.values() if p.startswith(f"{place}/"))
        carried = _files(installed / place)
        assert {n: d for n, d in carried.items() if not n.startswith(within)} == expected


def test_the_wheel_is_the_package_and_nothing_else(installed: Path) -> None:
    top = {path.name.partition("-")[0] for path in installed.iterdir()}
    assert top == {"adapter", "csfleak_adapter"}


def test_the_version_has_one_source(wheel: Path) -> None:
    import adapter

    assert wheel.name.split("-")[1] == adapter.__version__


def test_the_command_is_csfleak(installed: Path) -> None:
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "csfleak = adapter.cli:main" in entry_points.read_text("utf-8").splitlines()


def test_the_lock_file_names_no_host_and_hashes_everything(repo: Path) -> None:
    text = (repo / "constraints.txt").read_text("utf-8")
    assert "://" not in text
    requirements = [block for block in text.split("\n") if "==" in block]
    assert len(requirements) > 20
    assert all(block.endswith("\\") for block in requirements)


def _files(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}
