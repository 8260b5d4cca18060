"""Cache arrays that are derived only from packaged files."""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from contracts.durable_files import make_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray


def kept_arrays(path: Path | None, make: Callable[[], Mapping[str, NDArray[Any]]]) -> Mapping[str, NDArray[Any]]:
    """Read the arrays from a file, or compute and store them if it is missing or damaged; without a path, compute them.

    The file's name must identify what they were made from.
    """
    if path is None:
        return make()
    try:
        with (
            path.open("rb") as file,
            np.load(file, allow_pickle=False) as found,
        ):  # the checksum of each array tells damage
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        made = make()
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **made)
    make_folder(path.parent)
    write_file(path, content.getvalue(), writers=f".{os.getpid()}")
    return made
