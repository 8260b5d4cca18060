"""Arrays that follow from packaged files alone, kept in a file so that they are made once."""

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
    """Read the arrays that a file keeps, or make and keep them if it is missing or damaged; without a path, make them.

    The path's name has to tell what they were made from.
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
