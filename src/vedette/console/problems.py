"""Why nothing was done, as a page or a part of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vedette.admin.rejected import Code, Rejected
from vedette.console.page import View

STATUS = {Code.REFUSED: 403, Code.RESET: 403, Code.LOCK_OUT: 403, Code.NOT_FOUND: 404, Code.CONFLICT: 409,
          Code.WAITS: 409, Code.NOTHING_CHANGES: 409, Code.UNAVAILABLE: 503}  # fmt: skip


def problem(rejected: Rejected, *, part: bool, **more: Any) -> View:
    """Why nothing was done. A part is shown among other things, so it is no failure by itself."""
    titles = {Code.REFUSED: "refused", Code.RESET: "refused", Code.WAITS: "waits"}
    title = titles.get(rejected.code, "not-done")
    context: Mapping[str, Any] = {"rejected": rejected, **more}
    return View(
        template="part-problem" if part else "problem",
        title=title,
        context=context,
        status=200 if part else STATUS.get(rejected.code, 400),
    )
