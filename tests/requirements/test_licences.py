"""`requirements/licences.py`: what it allows, what it names when it fails, and that a real environment is read."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = Path(__file__).parents[2] / "requirements/licences.py"


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["licences"] = module  # a dataclass looks its module up
    spec.loader.exec_module(module)
    return module


def install(folder: Path, metadata: str, **files: bytes) -> Distribution:
    """A distribution as pip leaves it: metadata, a record, and files named by their keys with `__` for a dot."""
    info = folder / "thing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: thing\nVersion: 1.0\n{metadata}\n")
    names = [key.replace("__", ".") for key in files]
    for name, content in zip(names, files.values(), strict=True):
        (folder / name).write_bytes(content)
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in names))
    return PathDistribution(info)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("BSD License", True),
        ("Apache License, Version 2.0", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR Apache-2.0) AND AGPL-3.0-only", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("LGPL-2.1-or-later", False),
        ("Proprietary", False),
        ("see LICENSE", False),
    ],
)
def test_is_permissive_of_a_licence_is_what_its_terms_say(licences: Any, licence: str, allowed: bool):  # noqa: FBT001
    assert licences.is_permissive(licence) is allowed


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("", "says nothing of its licence"),
        ("License: GPL-3.0", "says 'GPL-3.0' of its licence"),
        ("License-Expression: AGPL-3.0-only", "says 'AGPL-3.0-only' of its licence"),
        (
            (
                "Classifier: License :: OSI Approved :: MIT License\n"
                "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
            ),
            "'GNU General Public License v3 (GPLv3)'",
        ),
    ],
)
def test_package_fault_without_a_permissive_licence_names_package_and_licence(
    licences: Any, tmp_path: Path, metadata: str, said: str
):
    fault = licences.package_fault("thing", install(tmp_path, metadata))
    assert "The package thing 1.0" in fault
    assert said in fault


def test_package_fault_of_a_permissive_package_is_none(licences: Any, tmp_path: Path):
    assert licences.package_fault("thing", install(tmp_path, "License-Expression: MIT")) is None


def test_weights_faults_of_unlisted_and_altered_weights_name_the_file(
    licences: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    package = install(tmp_path, "License: MIT", model__onnx=bytes(1_000_000), small__onnx=b"x")
    assert list(licences.weights_faults("thing", package)) == [
        "The file model.onnx of the package thing looks like a model's weights and WEIGHTS does not list it."
    ]

    listed = licences.Weights("0" * 64, "MIT", "its card")
    monkeypatch.setitem(licences.WEIGHTS, ("thing", "model.onnx"), listed)

    (fault,) = licences.weights_faults("thing", package)
    assert fault.startswith("The weights model.onnx of the package thing have SHA-256 d29751f2")


def test_installed_closure_follows_extras_and_names_what_is_missing(licences: Any):
    uvicorn = next(iter(licences.pinned_names(["uvicorn[standard]==1.0 \\\n"])))
    assert "uvloop" in licences.installed_closure([uvicorn])
    absent = next(iter(licences.pinned_names(["no-such-package-of-turret==1.0\n"])))
    with pytest.raises(LookupError, match="no-such-package-of-turret"):
        licences.installed_closure([absent])


def test_licences_of_this_environment_are_all_permissive():
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "all permissive" in done.stdout


def test_weights_that_are_read_stand_in_the_table_of_the_configuration_page(licences: Any):
    page = (SCRIPT.parents[1] / "docs/configuration.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for (package, path), weights in licences.WEIGHTS.items():
        row = rf"^\| .*`{Path(path).name}`.* \| `{package}` .* \| {weights.licence} \|$"
        is_in = any(re.match(row, line) for line in rows)
        assert is_in is ("never read by Turret" not in weights.evidence), path
