"""Files that mean harm, made by code: each a few kilobytes on disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping

OFFICE = "application/vnd.openxmlformats-officedocument"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def pdf(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """A PDF file of these objects, with a right cross-reference table; the first is its root."""
    out = bytearray(b"%PDF-1.7\n")
    places: list[int] = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        *(len(objects) + 1, trailer),
        start,
    )
    return bytes(out)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream, packed as far as it goes."""
    packed = zlib.compress(content, 9)
    head = b"<< /Filter /FlateDecode /Length %d %s >>" % (len(packed), entries)
    return head + b"\nstream\n" + packed + b"\nendstream"


FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def drawn(content: bytes, *, pages: int = 1) -> bytes:
    """Pages that all draw the same."""
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>"
    )
    tree = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages)
    root = b"<< /Type /Catalog /Pages 2 0 R >>"
    return pdf([root, tree, stream(content), FONT, *[page] * pages])


def words_without_end() -> bytes:
    """50 MiB of text commands in some 50 KB."""
    line = b"(Press) Tj 0 1 Td\n"
    return drawn(b"BT /F1 9 Tf 50 700 Td\n" + line * ((50 << 20) // len(line)) + b"ET")


def lines_without_end() -> bytes:
    """50 MiB of drawing commands in some 50 KB."""
    line = b"10 10 m 90 90 l S\n"
    return drawn(line * ((50 << 20) // len(line)))


def zeros() -> bytes:
    """50 MiB of nothing in some 50 KB."""
    return drawn(b"\0" * (50 << 20))


def dear_pages() -> bytes:
    """400 pages, each of which is expensive."""
    line = b"BT /F1 9 Tf 50 700 Td (Press) Tj ET\n"
    return drawn(line * 60_000, pages=400)


def packed_often() -> bytes:
    """A stream that is packed three times over."""
    inner = zlib.compress(zlib.compress(b"q Q\n" * (200 << 18), 9), 9)
    packed = zlib.compress(inner, 9)
    filters = b"[/FlateDecode /FlateDecode /FlateDecode]"
    content = b"<< /Filter %s /Length %d >>\nstream\n%s\nendstream" % (filters, len(packed), packed)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    tree = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree, page, content])


def huge_image() -> bytes:
    """A page that is one picture of 40,000 by 40,000 points."""
    picture = b"/Type /XObject /Subtype /Image /Width 40000 /Height 40000 /ColorSpace /DeviceGray"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R "
        b"/Resources << /XObject << /I 4 0 R >> >> >>"
    )
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>",
            stream(b"595 0 0 842 0 0 cm /I Do"),
            stream(b"\0" * (40 << 20), picture + b" /BitsPerComponent 1"),
            page,
        ]
    )


def pages_in_a_circle() -> bytes:
    """A page tree whose node holds itself."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 /Parent 2 0 R >>",
        ]
    )


def forms_in_a_circle() -> bytes:
    """A form that draws itself twice, and bookmarks that follow each other for ever."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R "
        b"/Resources << /XObject << /X 4 0 R >> >> >>"
    )
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 4 0 R >> >>"
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>",
            b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>",
            stream(b"/X Do"),
            stream(b"/X Do /X Do", form),
            page,
            b"<< /First 7 0 R /Last 7 0 R /Count 9 >>",
            b"<< /Title (A) /Parent 6 0 R /Next 7 0 R /First 7 0 R /Dest [5 0 R /Fit] >>",
        ]
    )


def many_pages() -> bytes:
    """10,000 pages."""
    return drawn(b"BT /F1 9 Tf 50 700 Td (Press) Tj ET", pages=10_000)


def lying_count() -> bytes:
    """A page tree that says a thousand million pages."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1000000000 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        ]
    )


def encrypted_pdf() -> bytes:
    """One that asks for a password."""
    from fpdf import FPDF

    book = FPDF()
    book.add_page()
    book.set_font("Helvetica", "", 11)
    book.cell(0, 6, "Secret.")
    book.set_encryption(owner_password="o", user_password="u")
    return bytes(book.output())


def archive(parts: Mapping[str, bytes | str], *, compressed: bool = True) -> bytes:
    """A ZIP archive."""
    target = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(target, "w", how, compresslevel=9) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return target.getvalue()


def word(body: str, more: Mapping[str, bytes | str] | None = None, *, prolog: str = "") -> bytes:
    """A Word document of a body in XML, with further parts."""
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/word/document.xml" ContentType='
            f'"{OFFICE}.wordprocessingml.document.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
            f'Id="r1" Type="{RELATIONS}/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
            "word/document.xml": f'{prolog}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body>'
            "</w:document>",
            **(more or {}),
        }
    )


def paragraph(text: str) -> str:
    """One, in XML."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def workbook(rows: str, *, prolog: str = "", string: str = "") -> bytes:
    """An Excel workbook of one sheet of rows in XML, and one string that its cells may share."""
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType='
            f'"{OFFICE}.spreadsheetml.sheet.main+xml"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
            f'"{OFFICE}.spreadsheetml.worksheet+xml"/>'
            '<Override PartName="/xl/sharedStrings.xml" ContentType='
            f'"{OFFICE}.spreadsheetml.sharedStrings+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
            f'Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>",
            "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}"><si><t>{string}</t></si></sst>',
            "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{RELATIONS}"><sheets>'
            '<sheet name="Codes" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/worksheets/sheet1.xml": f'{prolog}<worksheet xmlns="{SHEET}"><sheetData>{rows}'
            "</sheetData></worksheet>",
        }
    )


_ENTITIES = "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


def same_text_often() -> bytes:
    """A workbook whose cells all share one long text."""
    row = "<row>" + '<c t="s"><v>0</v></c>' * 10 + "</row>"
    return workbook(row * 600, string="Grease the rail. " * 500)


LAUGHS = f"<!DOCTYPE lolz [<!ENTITY a 'ha'>{_ENTITIES}]>"
PASSWD = "<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


def half_a_word() -> bytes:
    """The first half of a Word document."""
    whole = word(paragraph(" ".join(hex(number**5) for number in range(3000))))
    return whole[: len(whole) // 2]


def nested_word(depth: int = 100_000) -> bytes:
    """Tables within tables."""
    return word("<w:tbl><w:tr><w:tc>" * depth + paragraph("in") + "</w:tc></w:tr></w:tbl>" * depth)


def many_entries() -> bytes:
    """A Word document of 20,000 parts."""
    return word(paragraph("Text."), {f"word/{number}.xml": "" for number in range(20_000)})


def forged_size() -> bytes:
    """A part that unpacks to more than it says."""
    content = bytearray(word(paragraph("Text. " * 200_000)))
    whole = len(f'<w:document xmlns:w="{WORD}"><w:body></w:body></w:document>') + len(
        paragraph("Text. " * 200_000)
    )
    return bytes(content.replace(whole.to_bytes(4, "little"), (999).to_bytes(4, "little")))


def old_office() -> bytes:
    """What a .doc, and an Office file with a password, begins with."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000


NESTED_HTML = b"<html><body>" + b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000
SCRIPTED = (
    b"<html><head><title>T</title><style>p{}</style></head><body onload=alert(1)>"
    b"<script>alert('stolen')</script><p>Grease the rail.<img src='data:image/png;base64,"
    + b"QUJD"
    * 1000
    + b"' onerror=alert(2)></p><p style='display:none'>hidden order</p>"
    b"<a href='javascript:alert(3)'>link</a><iframe src='http://evil'></iframe></body></html>"
)

REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "encrypted.pdf": (encrypted_pdf, "password"),
    "words.pdf": (words_without_end, "more|memory"),
    "dear.pdf": (dear_pages, "more CPU time"),
    "circle.pdf": (pages_in_a_circle, "circular|no pages|no text"),
    "forms.pdf": (forms_in_a_circle, "no text|circular|memory|more"),
    "many.pdf": (many_pages, "10000 pages, more than the 2000"),
    "count.pdf": (lying_count, "pages"),
    "zeros.pdf": (zeros, "no text"),
    "lines.pdf": (lines_without_end, "no text|more"),
    "often.pdf": (packed_often, "no text|more|cut off"),
    "image.pdf": (huge_image, "only images|more"),
    "bomb.docx": (lambda: word(paragraph(" " * (100 << 20))), "unpacks"),
    "bomb.xlsx": (lambda: workbook("<row/>" * (12 << 20)), "unpacks"),
    "media.docx": (
        lambda: word(paragraph("T"), {"word/media/a.png": b"\0" * (90 << 20)}),
        "unpacks",
    ),
    "entries.docx": (many_entries, "parts"),
    "forged.docx": (forged_size, "damaged|unpacks"),
    "laughs.docx": (lambda: word(paragraph("&j;"), prolog=LAUGHS), "entities"),
    "passwd.docx": (lambda: word(paragraph("&x;"), prolog=PASSWD), "entities"),
    "much.xlsx": (same_text_often, "more than 16 MB of text|more CPU time"),
    "laughs.xlsx": (lambda: workbook("<row><c><v>&j;</v></c></row>", prolog=LAUGHS), "entities"),
    "wide.docx": (
        lambda: word(paragraph("T"), {"docProps/core.xml": PASSWD.encode("utf-16")}),
        "entities",
    ),
    "paths.docx": (lambda: word(paragraph("T"), {"../../etc/cron.d/x": "x"}), "outside"),
    "nested.docx": (nested_word, "unpacks"),
    "half.docx": (half_a_word, "cut off or damaged"),
    "deep.docx": (lambda: nested_word(3000), "cannot be read"),
    "deep.html": (lambda: NESTED_HTML, "nested 100000 deep"),
    "tables.html": (lambda: b"<table><tr><td>" * 50_000 + b"in", "nested 50000 deep"),
    "lists.html": (lambda: b"<ol><li>a" * 50_000, "nested 50000 deep"),
    "old.docx": (old_office, "password"),
    "sheet.docx": (lambda: workbook("<row/>"), "not a Word document"),
    "word.xlsx": (lambda: word(paragraph("T")), "not an Excel workbook"),
    "zip.docx": (lambda: archive({"a.txt": "x"}), "not a Word document"),
    "drawn.docx": (lambda: drawn(b""), r"is a PDF, not a Word document\. Rename it to drawn\.pdf"),
    "page.md": (lambda: SCRIPTED, r"is a web page, not Markdown\. Rename it to page\.html"),
    "page.csv": (lambda: SCRIPTED, "is a web page"),
    "picture.txt": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "PNG image"),
    "binary.csv": (lambda: b"Code;Meaning\n\0\0\0", "binary"),
    "rows.csv": (lambda: b"Code,Meaning\n" + b"E1,x\n" * 60_000, "more than 50000"),
    "much.csv": (lambda: b"Code,Meaning\n" + b"E1,cold\n" * 1_200_000, "8 MB of text"),
    "field.csv": (lambda: b'Code,Meaning\nE1,"' + b"x" * 2_000_000, "no table"),
}
"""Name of the file, what makes it, and what the fault says."""

TAKEN: Mapping[str, Callable[[], bytes]] = {
    "brackets.md": lambda: b"[" * 1_000_000,
    "links.md": lambda: b"[a](" * 250_000,
    "quotes.md": lambda: b"> " * 500_000 + b"x",
    "bars.md": lambda: b"|a" * 100_000 + b"\n" + b"|--" * 100_000 + b"\n" + b"|b\n" * 60_000,
    "open.html": lambda: b"<p>a<li>b<td>c" * 5_000,
    "bold.html": lambda: b"<p><b><i><a>x" * 600,
    "spans.html": lambda: b"<table>" + b"<tr><td rowspan=65000 colspan=65000>a" * 3000,
    "scripted.html": lambda: SCRIPTED,
    "macro.docm": lambda: word(
        paragraph("Grease the rail."), {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0 AutoOpen"}
    ),
}
"""Files that are ugly and may be read."""
