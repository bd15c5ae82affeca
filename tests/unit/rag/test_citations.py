"""What is cited stands on the cited page: every citation of our questions, judged by other readers.

Poppler and pypdf judge PDF files, lxml the XML of Word files, workbooks and web pages; none of
them is what the library reads with. The questions are put with every support good enough, so that
each has citations, right or wrong: whatever is cited must stand where it is said to stand.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html

from ingest.vocabulary import Citation
from rag.library import Library
from rag.page_worker import characters_of, rectangles
from rag.settings import RagSettings
from simulators.library import build
from tests.conftest import ROOT, missing
from tests.unit.rag.hashing import HashingEncoder

FOLDERS = (ROOT / "simulators" / "documents", ROOT / "tests" / "manuals")
SIZE = (1240, 1754)
_LISTED = re.compile(r"^(\d{1,3}\. |- )")


def questions(folder: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def cited(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Library, Mapping[str, Sequence[Citation]]]]:
    """A library over one of the folders, and what it cites for each question."""
    folder: Path = request.param
    home = tmp_path_factory.mktemp(folder.name)
    with Library(home, HashingEncoder(), settings=RagSettings(support_min=0.0)) as library:
        library.sync(folder)
        yield library, {each["id"]: asked(library, each) for each in questions(folder)}


def asked(library: Library, question: Mapping[str, Any]) -> Sequence[Citation]:
    """Of the answer or, when there is none, what came nearest."""
    answer = library.ask(
        question["question"],
        machine_kind=question.get("machine_kind"),
        machine=question.get("machine"),
    )
    return answer.citations or answer.nearest


def source(library: Library, citation: Citation) -> Path:
    found = (d for d in library.documents() if d.key == f"{citation.document}@{citation.revision}")
    return Path(next(found).source)


@cache
def by_poppler(path: Path) -> tuple[str, ...]:
    if shutil.which("pdftotext") is None:
        missing("pdftotext", "apt-get install poppler-utils")
    command = ["pdftotext", "-raw", str(path), "-"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return tuple(text.split("\f"))


@cache
def by_pypdf(path: Path) -> tuple[str, ...]:
    from pypdf import PdfReader

    return tuple(page.extract_text() for page in PdfReader(path).pages)


@cache
def by_xml(path: Path) -> tuple[str, ...]:
    """The text nodes of a Word file, or of the sheets of a workbook, one after another."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        sheets = sorted(name for name in names if "worksheets/sheet" in name)
        strings = [name for name in names if name.endswith("sharedStrings.xml")]
        parts = {name: etree.fromstring(archive.read(name)) for name in [*sheets, *strings]}
        if not sheets:
            return (" ".join(etree.fromstring(archive.read("word/document.xml")).itertext()),)
    shared = ["".join(each.itertext()) for name in strings for each in parts[name]]
    return tuple(" ".join(sheet_words(parts[sheet], shared)) for sheet in sheets)


def sheet_words(sheet: etree._Element, shared: Sequence[str]) -> Iterator[str]:
    for cell in sheet.iterfind(".//{*}c"):
        words = "".join(str(text) for text in cell.itertext())
        yield shared[int(words)] if cell.get("t") == "s" else words


@cache
def by_text(path: Path) -> tuple[str, ...]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return (html.fromstring(text).text_content(),)
    if path.suffix == ".csv":
        rows = csv.reader(text.splitlines(), delimiter=";")
        return ("\n".join(" ".join(row) for row in rows),)
    return (re.sub(r"\*\*|`|^> |\|", "", text, flags=re.MULTILINE),)


def judges(path: Path) -> list[tuple[str, ...]]:
    """The pages of a file, as each of the other readers has them."""
    if path.suffix == ".pdf":
        return [by_poppler(path), by_pypdf(path)]
    return [by_xml(path) if path.suffix in (".docx", ".xlsx") else by_text(path)]


def squeezed(text: str) -> str:
    """Without spaces: every reader sets its own."""
    return re.sub(r"[\s\u00a0\u00ad]+", "", text)


def quoted_words(quote: str) -> Iterator[str]:
    """Line by line; of a row the cells and the names of their columns."""
    for line in quote.splitlines():
        for cell in _LISTED.sub("", line).split(" | "):
            name, _, words = cell.partition(": ") if " | " in line else ("", "", cell)
            yield from filter(None, (name, words))


def stands(words: str, pages: Sequence[str]) -> bool:
    """On one of the pages, or begun on one and ended on the next."""
    wanted, texts = squeezed(words), [squeezed(page) for page in pages]
    if any(wanted in text for text in texts):
        return True
    cuts = range(4, len(wanted) - 3) if len(texts) == 2 else ()
    return any(wanted[:cut] in texts[0] and wanted[cut:] in texts[1] for cut in cuts)


def is_scan(path: Path) -> bool:
    return path.suffix == ".pdf" and not "".join(by_poppler(path)).strip()


def distinct(cited: Mapping[str, Sequence[Citation]]) -> list[Citation]:
    return list({c.passage: c for citations in cited.values() for c in citations}.values())


def test_quoted_words_stand_on_the_cited_page(
    cited: tuple[Library, Mapping[str, Sequence[Citation]]],
) -> None:
    """For each question whatever it was, and by every judge."""
    library, citations = cited
    assert all(citations.values())
    for citation in distinct(citations):
        path = source(library, citation)
        if is_scan(path):
            continue  # its words are nowhere but in the picture
        last = citation.last_page or citation.page
        for pages in judges(path):
            shown = pages[citation.page - 1 : last]
            for words in quoted_words(citation.quote):
                assert stands(words, shown), (citation.document, citation.page, words)


def test_a_citation_of_a_pdf_is_marked_on_its_pages(
    cited: tuple[Library, Mapping[str, Sequence[Citation]]],
) -> None:
    """Poppler finds the quoted words within the marks, and nearly nothing else."""
    library, citations = cited
    for citation in distinct(citations):
        path = source(library, citation)
        if path.suffix != ".pdf" or is_scan(path):
            continue
        pages = range(citation.page, (citation.last_page or citation.page) + 1)
        marked = "".join(marked_words(path, page, citation) for page in pages)
        wanted = "".join(quoted_words(citation.quote))
        where = (citation.document, citation.page, citation.quote)
        assert covered(squeezed(bare(citation.quote)), marked) > 0.97, where
        assert len(marked) < 1.1 * len(squeezed(wanted)) + 20, where


def bare(quote: str) -> str:
    """Without the names of columns, which stand above the row."""
    rows = (line.split(" | ") for line in quote.splitlines())
    return " ".join(
        cell.partition(": ")[2] or cell if len(row) > 1 else _LISTED.sub("", cell)
        for row in rows
        for cell in row
    )


def covered(wanted: str, marked: str) -> float:
    """Share of the letters and digits that are marked, however a reader orders them."""
    there, letters = Counter(marked), Counter(filter(str.isalnum, wanted))
    return (letters & there).total() / letters.total()


def marked_words(path: Path, page: int, citation: Citation) -> str:
    """What Poppler has in the marked places of a page."""
    boxes = marks(path, page, citation)
    inside = (
        word
        for word, x, y in poppler_words(path)[page - 1]
        if any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in boxes)
    )
    return squeezed("".join(inside))


def marks(path: Path, page: int, citation: Citation) -> list[tuple[float, float, float, float]]:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        characters, boxes = characters_of(document[page - 1], SIZE)
    heading = citation.section.rpartition(" > ")[2]
    return rectangles(characters, boxes, citation.quote, heading)


@cache
def poppler_words(path: Path) -> tuple[tuple[tuple[str, float, float], ...], ...]:
    """Words of each page with their middle, in pixels of a picture of that size."""
    command = ["pdftotext", "-bbox", str(path), "-"]
    page_list = etree.fromstring(subprocess.run(command, capture_output=True, check=True).stdout)
    pages = page_list.iterfind(".//{*}page")
    return tuple(tuple(map(placed, page.iterfind("{*}word"))) for page in pages)


def placed(word: etree._Element) -> tuple[str, float, float]:
    page = word.getparent()
    assert page is not None
    box = [float(word.get(edge, "0")) for edge in ("xMin", "xMax", "yMin", "yMax")]
    across = SIZE[0] / float(page.get("width", "1"))
    down = SIZE[1] / float(page.get("height", "1"))
    return word.text or "", (box[0] + box[1]) / 2 * across, (box[2] + box[3]) / 2 * down


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_questions_themselves_are_right(folder: Path) -> None:
    """Each names words that stand on the page that it names."""
    found = questions(folder)
    assert len({each["id"] for each in found}) == len(found)
    for question in found:
        assert bool(question.get("declined")) != bool(question.get("expected"))
        assert question["part"] in ("tune", "report")
        for expected in question.get("expected", ()):
            words = expected.get("quote", expected.get("code", ""))
            assert words
            assert any(
                stands(words, [pages[expected["page"] - 1]])
                for path in named(folder, expected["document"])
                for pages in judges(path)[:1]
            ), question["id"]


def named(folder: Path, document: str) -> list[Path]:
    """Files of all revisions of a document."""
    return [path for path in folder.glob(f"{document}*") if path.suffix != ".yaml"]


def test_there_are_enough_questions() -> None:
    """Over both folders, and many that have no answer."""
    every = [each for folder in FOLDERS for each in questions(folder)]
    assert sum(not each.get("declined") for each in every) >= 100
    assert sum(bool(each.get("declined")) for each in every) >= 40


def test_the_manuals_are_what_their_sources_say(tmp_path: Path) -> None:
    """Built anew, the files are the same."""
    for built in build(tmp_path, sources=FOLDERS[1] / "sources"):
        kept = FOLDERS[1] / built.name
        assert by_pypdf(kept) == by_pypdf(built)
        sidecar = f"{built.name}.yaml"
        assert (FOLDERS[1] / sidecar).read_text() == (tmp_path / sidecar).read_text()
