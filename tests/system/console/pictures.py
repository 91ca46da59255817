"""Pictures of what people see: taken at every run, and kept for the documentation by `make pictures`."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

WANTED = "VEDETTE_PICTURES"
"""The variable that names the folder of the pictures that are kept."""
COLOURS = 96
SIZE = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Pictures:
    """Where pictures go: a folder of the test's own, or the one that is kept."""

    folder: Path

    @classmethod
    def beside(cls, folder: Path) -> Pictures:
        """A test's own folder, unless somebody wants them kept."""
        return cls(Path(os.environ.get(WANTED) or folder))

    async def take(self, page: Page, name: str) -> None:
        """One picture of what is on the screen, light and at rest."""
        await page.emulate_media(color_scheme="light", reduced_motion="reduce")
        await page.set_viewport_size(SIZE)
        await page.evaluate("window.scrollTo(0, 0)")
        self.keep(Image.open(io.BytesIO(await page.screenshot())), name)

    def keep(self, picture: Image.Image, name: str) -> None:
        """With a palette, which is a third of the bytes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}.png", optimize=True)
