"""Named import options, so that the next file from the same program needs only one option."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from collector.errors import ImportFileError
from contracts.durable_files import write_file

if TYPE_CHECKING:
    from contracts.home import Home

KEPT = (
    *("mapping", "skip", "others", "name", "time_unit", "time_zone", "time_format", "encoding", "delimiter", "escape"),
    *("header", "nulls"),
)
"""The options that describe files of one program, by their names in `ImportOptions.parse`."""

MAX_NAME_CHARACTERS = 100


def check_name(name: str) -> None:
    """Check the name of `--save-map`.

    Raises:
        ImportFileError: it is too long, or empty.
    """
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
        raise ImportFileError(
            f"--save-map {name[:20]!r} has {len(name)} characters; allowed are 1 to {MAX_NAME_CHARACTERS}."
        )


def save_map(name: str, given: dict[str, Any], home: Home) -> None:
    """Save options under a name, replacing earlier ones.

    Raises:
        ImportFileError: the disk failed.
    """
    kept = {option: given[option] for option in KEPT if given.get(option)}
    try:
        home.make()
        write_file(home.import_maps, orjson.dumps({**_saved(home), name: kept}, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise ImportFileError(f"--save-map {name!r}: the disk failed: {error}.") from error


def with_map(name: str, given: dict[str, Any], home: Home) -> dict[str, Any]:
    """Return the options saved under a name, merged with those given now: lists are joined, others override.

    Raises:
        ImportFileError: there is no such name.
    """
    saved = _saved(home)
    if name not in saved:
        known = f"there are {', '.join(sorted(saved))}" if saved else "none is saved yet"
        raise ImportFileError(f"--use-map is {name!r}; {known}. Save one with --save-map NAME.")
    merged = dict(given)
    for option, kept in saved[name].items():
        if isinstance(kept, list):
            merged[option] = [*kept, *(one for one in given.get(option) or () if one not in kept)]
        elif given.get(option) is None:
            merged[option] = kept
    return merged


def _saved(home: Home) -> dict[str, dict[str, Any]]:
    try:
        saved: dict[str, dict[str, Any]] = orjson.loads(home.import_maps.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ImportFileError(f"{str(home.import_maps)!r} cannot be read: {error}.") from error
    return saved
