"""Count the modules and lines of each package, and the depth of its imports in floors; nothing is run.

    python bench/code_structure.py [FOLDER]

`FOLDER` is another checkout to compare with. Lines are all lines, with comments and docstrings. A floor is a module of
the package that another one of it imports when it runs; imports for types alone do not count.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

PACKAGES = [
    "contracts",
    "projects",
    "collector",
    "ml",
    "expectations",
    "alerts",
    "orchestration",
    "dashboard",
    "demo",
    "cli",
]
FEW_LINES = 60


def modules_of(root: Path, package: str) -> dict[str, str]:
    """Return the source of each module of a package by its dotted name, migrations apart."""
    paths = [path for path in (root / package).rglob("*.py") if "migrations" not in path.parts]
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path.read_text(
            encoding="utf-8"
        )
        for path in paths
    }


def imports_of(source: str, modules: dict[str, str]) -> set[str]:
    """Return the modules that a source imports when it runs."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & modules.keys() or {node.module} & modules.keys()
        waiting += ast.iter_child_nodes(node)
    return found


def floors(modules: dict[str, str]) -> int:
    """Return the length of the longest chain of imports within a package."""

    @cache
    def depth(name: str) -> int:
        return 1 + max((depth(other) for other in imports_of(modules[name], modules) - {name}), default=0)

    return max(depth(name) for name in modules)


def main() -> None:
    """Print a row for each package, and their sums."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    print(
        f"| package | modules | of fewer than {FEW_LINES} lines | lines | floors |\n| --- | ---: | ---: | ---: | ---: |"
    )
    sums = [0, 0, 0]
    for package in PACKAGES:
        modules = modules_of(root, package)
        lengths = [source.count("\n") for source in modules.values()]
        own = [length for length in lengths if length > 1]
        row = [len(own), sum(length < FEW_LINES for length in own), sum(lengths)]
        sums = [total + value for total, value in zip(sums, row, strict=True)]
        print(f"| `{package}` | {row[0]} | {row[1]} | {row[2]:,} | {floors(modules)} |")
    print(f"| all | {sums[0]} | {sums[1]} | {sums[2]:,} | |")


if __name__ == "__main__":
    main()
