"""Free disk space, checked once a second, not for every event."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)


class DiskSpace:
    """The free space where events are written, and whether it is too little to accept more.

    Args:
        folder: On the disk in question.
        min_free_bytes: With less, nothing more is taken; what was taken needs room to be sealed.
    """

    def __init__(self, folder: Path, min_free_bytes: int) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self.free_bytes = 0
        self.is_low = False
        self.look()

    def look(self) -> None:
        """Look again.

        Raises:
            OSError: the folder is gone.
        """
        self.free_bytes = shutil.disk_usage(self._folder).free
        was_low, self.is_low = self.is_low, self.free_bytes < self._min_free_bytes
        if self.is_low and not was_low:
            _log.error("The disk is nearly full; events get 503.", extra={"free_bytes": self.free_bytes})
        elif was_low and not self.is_low:
            _log.warning("There is room on the disk again.", extra={"free_bytes": self.free_bytes})
