"""Archives of other programs as a source of rows: their format, and their events as payloads of `/track`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from collector.errors import ImportFileError
from collector.imports.formats.assistants import CHATGPT, CLAUDE
from collector.imports.formats.files import find_files
from collector.imports.formats.langfuse import LANGFUSE
from collector.imports.formats.langsmith import LANGSMITH
from collector.imports.formats.phoenix import PHOENIX
from collector.imports.formats.posthog import POSTHOG
from collector.imports.formats.rasa import RASA
from collector.imports.formats.reading import Format, Reading
from collector.imports.formats.segment import SEGMENT
from collector.imports.formats.traces import Span, Traces
from collector.imports.formats.transcripts import OPENAI, SHAREGPT, WILDCHAT
from collector.imports.readers.source import NO_TYPES, SourceRow

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from collector.imports.formats.files import ArchiveFile
    from collector.imports.options import ImportOptions
    from collector.imports.readers.source import Source

ALL = (CHATGPT, CLAUDE, LANGFUSE, LANGSMITH, PHOENIX, POSTHOG, SEGMENT, RASA, SHAREGPT, WILDCHAT, OPENAI)
FORMATS: dict[str, Format] = {one.name: one for one in ALL}
"""In the order in which `auto` tries them."""
HEAD_RECORDS = 50
MAX_REASONS = 100
OTHER = "records of other kinds"


def open_archive(path: Path, options: ImportOptions) -> ArchiveRows | None:
    """Open an archive; None for a file of events, which its columns describe.

    Raises:
        ImportFileError: it cannot be opened, or its format is required and not known.
    """
    if options.format == "auto" and options.says_columns and path.is_file():
        return None
    if not path.exists():
        raise ImportFileError(f"{str(path)!r} cannot be read: No such file or directory.")
    files, others = find_files(path)
    chosen = FORMATS.get(options.format) or _detect(files, options)
    if chosen is not None:
        return ArchiveRows(files, others, chosen, options)
    if len(files) == 1 and files[0].path == path and files[0].archive is None:
        return None
    raise ImportFileError(
        f"{path.name!r} contains no file of a known format; allowed are {', '.join(FORMATS)}. Import files of "
        f"events, such as CSV, one by one."
    )


class ArchiveRows:
    """The events of an archive. A row's number is that of its record in its file."""

    columns = None
    types = NO_TYPES

    def __init__(self, files: list[ArchiveFile], others: list[str], chosen: Format, options: ImportOptions) -> None:
        self.format = chosen.name
        self.size = sum(file.n_bytes for file in files)
        self._files = files
        self._chosen = chosen
        self._options = options
        self._reading = Reading(chosen.name, options)
        self._name = ""
        self._n_before = 0
        self._n_read = 0
        self._open: tuple[ArchiveFile, Source] | None = None
        self._reading.skip("files without data, such as pages and pictures", len(others))

    @property
    def unit(self) -> str:
        """Name the current file too."""
        return f"{self._name!r}, record"

    @property
    def skipped(self) -> Counter[str]:
        """Counts of omitted records, by reason."""
        return self._reading.skipped

    def check_format(self) -> None:
        """Check at the end that records had the format.

        Raises:
            ImportFileError: there are records, and none has.
        """
        if self._n_read == 0 and self.skipped[OTHER]:
            raise ImportFileError(f"No record has the format {self.format}; check --format.")

    def notes(self) -> Iterator[str]:
        """Yield notes for the user."""
        if self._n_read == 0:
            return
        yield f"Read as {self.format}; use --format if it is another."
        if self._reading.n_cut:
            yield f"Texts cut to 10,000 characters: {self._reading.n_cut:,}."
        if self._reading.n_untimed:
            yield f"Conversations without times, dated by --start: {self._reading.n_untimed:,}."

    def position(self) -> int:
        """Return the bytes read."""
        if self._open is None:
            return self._n_before
        file, source = self._open
        return self._n_before + round(file.n_bytes * source.position() / max(1, source.size))

    def rows(self) -> Iterator[SourceRow]:
        """Yield the events; raises `ImportFileError` at the end for the first file that was not read completely."""
        traces = Traces(self._reading)
        number = 0
        damage: ImportFileError | None = None
        try:
            for file in self._files:
                self._name = file.name
                try:
                    for row in self._rows_of(file, traces):
                        number = row.number
                        yield row
                except ImportFileError as error:
                    damage = damage or error
                self._n_before += file.n_bytes
                self._close_file()
            for payload in traces.payloads():
                yield _row(number, payload)
        finally:
            traces.close()
        if damage is not None:
            raise damage

    def close(self) -> None:
        """Close all open files."""
        self._close_file()
        for file in self._files:
            if file.archive is not None:
                file.archive.close()

    def _close_file(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = None

    def _rows_of(self, file: ArchiveFile, traces: Traces) -> Iterator[SourceRow]:
        source = file.open(self._options)
        self._open = (file, source)
        for record in file.records(source):
            if record.value is None:
                yield SourceRow(record.number, record.raw, problem=record.problem)
            elif not self._chosen.looks(record.value):
                self._reading.skip(OTHER)
            else:
                self._n_read += 1
                for found in self._chosen.read(record.value, self._reading):
                    if isinstance(found, Span):
                        traces.add(found)
                    else:
                        yield _row(record.number, found)


def _row(number: int, payload: dict[str, Any]) -> SourceRow:
    return SourceRow(number, orjson.dumps(payload, default=repr), payload)


def _detect(files: list[ArchiveFile], options: ImportOptions) -> Format | None:
    """Return the first format that matches a record at the beginning of a file."""
    damage: ImportFileError | None = None
    for file in files:
        try:
            source = file.open(options)
        except ImportFileError as error:
            damage = damage or error
            continue
        try:
            for record in islice(file.records(source), HEAD_RECORDS):
                found = next((one for one in ALL if record.value is not None and one.looks(record.value)), None)
                if found is not None:
                    return found
        except ImportFileError:
            continue  # a damaged file raises when it is read
        finally:
            source.close()
    if damage is not None:
        raise damage
    return None
