"""JSON objects in an array, or one after another over several lines."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from collector.imports.readers.json_lines import decode_row, too_long
from collector.imports.readers.source import NO_TYPES, READ_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.readers.source import SourceRow, TextFile

READ_CHARACTERS = 1 << 18
MAX_VALUE_CHARACTERS = 1 << 26
WRAPPED = 'If it is an object around all rows, import their list alone, which jq .data takes out of {"data": […]}. '
_BETWEEN = re.compile(r"[\s,]*")
_BLANK = "\ufeff \t\r\n"


class JsonValues:
    """A file of JSON values. Only one value and the block read with it are in memory at a time."""

    unit = "row"
    columns = None
    types = NO_TYPES

    def __init__(self, file: TextFile, max_row_bytes: int) -> None:
        self.size = file.size
        self.position = file.position
        self.close = file.close
        self._file = file
        self._text = file.text()
        self._max_row_bytes = max_row_bytes

    def rows(self) -> Iterator[SourceRow]:
        """Yield the values; raises `ImportFileError` if the file is damaged or stops being JSON."""
        number = 0
        try:
            for text in self._values():
                number += 1
                raw = self._file.raw(text)
                if len(raw) > self._max_row_bytes:
                    yield too_long(number, raw, self._max_row_bytes, WRAPPED if number == 1 else "")
                else:
                    yield decode_row(self._file, number, raw)
        except READ_ERRORS as error:
            raise self._file.unreadable(self.unit, number, error) from error

    def _values(self) -> Iterator[str]:
        """Yield the text of each value.

        If no value ends in what was read so far, at least as much again is read, so the cost is linear in the size.

        Raises:
            EOFError: the file ends within a value or an array, or continues with something else.
        """
        decoder = json.JSONDecoder()
        buffer = self._text.read(READ_CHARACTERS).lstrip(_BLANK)
        is_array = buffer.startswith("[")
        position = int(is_array)
        while True:
            blank = _BETWEEN.match(buffer, position)
            position = blank.end() if blank else position
            if is_array and buffer.startswith("]", position):
                break
            try:
                _, end = decoder.raw_decode(buffer, position)
            except (json.JSONDecodeError, RecursionError) as error:
                n_left = len(buffer) - position
                more = self._text.read(max(READ_CHARACTERS, n_left)) if n_left < MAX_VALUE_CHARACTERS else ""
                if not more and not n_left and not is_array:
                    return
                if not more:
                    raise EOFError(f"what follows is not JSON, or is cut off ({error})") from error
                buffer, position = buffer[position:] + more, 0
            else:
                yield buffer[position:end]
                position = end
        if (buffer[position + 1 :] + self._text.read(READ_CHARACTERS)).strip():
            raise EOFError("something follows the array")
