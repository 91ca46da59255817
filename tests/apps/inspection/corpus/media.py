"""Pictures of every format that Pillow writes; sound and films that ffmpeg makes."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw

from tests.apps.inspection.corpus.sample import Sample

_PICTURES = {
    "PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "BMP": "image/bmp",
    "TIFF": "image/tiff", "WEBP": "image/webp", "ICO": "image/vnd.microsoft.icon",
    "PPM": "image/x-portable-anymap", "JPEG2000": "image/jp2", "AVIF": "image/avif",
    "DDS": "image/vnd.ms-dds", "ICNS": "image/x-icns", "TGA": None, "PCX": None, "SGI": None,
    "QOI": "image/x-qoi",
}  # fmt: skip
_MODES = ("RGB", "L", "RGBA", "P")
_SOUND = {
    "wav": "audio/x-wav", "flac": "audio/flac", "mp3": "audio/mpeg", "ogg": "audio/ogg",
    "opus": "audio/ogg", "m4a": "audio/mp4", "aiff": "audio/x-aiff", "au": "audio/basic",
    "aac": "audio/aac", "caf": "audio/x-caf", "wv": "audio/x-wavpack", "ac3": None, "mp2": None,
}  # fmt: skip
_FILMS = {
    "mp4": "video/mp4", "mkv": "video/x-matroska", "webm": None, "avi": "video/x-msvideo",
    "mov": "video/quicktime", "flv": "video/x-flv", "mpg": "video/mpeg", "ts": "video/mp2t",
    "wmv": "video/x-ms-asf", "3gp": "video/3gpp", "ogv": None, "m4v": None,
}  # fmt: skip


def picture(mode: str = "RGB", size: int = 64, seed: int = 1) -> Image.Image:
    """A drawing, so that it is no plain colour."""
    image = Image.new("RGB", (size, size), (seed * 40 % 255, 90, 160))
    draw = ImageDraw.Draw(image)
    for step in range(0, size, 5):
        draw.line((step, 0, size - step, size), fill=(step * 3 % 255, seed * 7 % 255, 40))
    draw.ellipse((5, 5, size // 2, size // 2), outline="white")
    return image.convert(mode)


def saved(image: Image.Image, format_: str, **said: object) -> bytes:
    """A picture in one format."""
    into = io.BytesIO()
    image.save(into, format_, **said)
    return into.getvalue()


def pictures() -> Iterator[Sample]:
    """Each format, in the modes that it knows and in two sizes."""
    for format_, media_type in _PICTURES.items():
        for number, mode in enumerate(_MODES):
            try:
                data = saved(picture(mode, 32 << number, number + 1), format_)
            except (OSError, KeyError, ValueError):
                continue  # the format has no such mode, or this Pillow does not write it
            yield Sample(f"picture-{mode}.{format_.lower()}", data, "image", media_type)
    animated = saved(picture(), "GIF", save_all=True, append_images=[picture(seed=2)])
    yield Sample("moving.gif", animated, "image", "image/gif")
    progressive = saved(picture(size=256), "JPEG", progressive=True, quality=95)
    yield Sample("progressive.jpg", progressive, "image", "image/jpeg")
    yield Sample("drawing.svg", SVG, "image", "image/svg+xml", {"active": False})
    active = SVG.replace(b"<circle", b"<script>alert(1)</script><circle")
    yield Sample("script.svg", active, "image", "image/svg+xml", {"active": True})
    handler = SVG.replace(b"<circle", b"<circle onload='alert(1)'")
    yield Sample("handler.svg", handler, "image", "image/svg+xml", {"active": True})


SVG = (
    b'<?xml version="1.0"?>\n<!-- a drawing -->\n<svg xmlns="http://www.w3.org/2000/svg" width="9"'
    b' height="9"><circle cx="4" cy="4" r="3" fill="red"/></svg>\n'
)


def ffmpeg(folder: Path) -> Iterator[Sample]:
    """Sound and films, each format made in one run."""
    made = {}
    for kind, endings in (("audio", _SOUND), ("video", _FILMS)):
        for ending, media_type in endings.items():
            made[folder / f"made-{kind}.{ending}"] = (kind, media_type)
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y"]
    command += ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"]
    command += ["-f", "lavfi", "-i", "testsrc=size=176x144:rate=25:duration=1"]
    for path, (kind, _) in made.items():
        maps = ["-map", "0:a"] if kind == "audio" else ["-map", "1:v"]
        codec = ["-c:v", "mpeg4"] if path.suffix in (".3gp", ".m4v") else []
        command += [*maps, *codec, str(path)]
    subprocess.run(command, check=True, timeout=120)
    for path, (kind, media_type) in made.items():
        yield Sample(path.name, path.read_bytes(), kind, media_type)
