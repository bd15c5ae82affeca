"""Web pages become blocks of what a person sees of them."""

from __future__ import annotations

from pathlib import Path

from rag.document import BlockKind
from rag.formats.limits import Limits, Meter
from rag.formats.parsed import Job, Parsed
from rag.formats.web import read


def parsed(folder: Path, body: str | bytes) -> Parsed:
    path = folder / "a.html"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return read(Job(path, Limits(), Meter(Limits())))


def shown(folder: Path, body: str) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in parsed(folder, body).blocks]


def test_headings_lists_and_warnings(tmp_path: Path) -> None:
    """A step is whole with what stands in it; a list may start at any number."""
    blocks = parsed(
        tmp_path,
        "<h1>Pump</h1><p>Some <b>bold</b> text<br>goes on.</p><h3>Steps</h3>"
        "<div class='warning-box'><p>Stored pressure.</p></div>"
        "<ol start=3><li><p>Stop.</p><p>Wait.</p><ul><li>one<li>two</ul></li><li>Drain E-217.</ol>"
        "<ul><li>DANGER: Hot.</li><li>Gloves</li></ul><p>Then:<br>2. Typed.</p>",
    ).blocks
    assert [(b.kind, b.level, b.number, b.text) for b in blocks] == [
        (BlockKind.HEADING, 1, 0, "Pump"),
        (BlockKind.PARAGRAPH, 0, 0, "Some bold text goes on."),
        (BlockKind.HEADING, 3, 0, "Steps"),
        (BlockKind.WARNING, 0, 0, "Stored pressure."),
        (BlockKind.STEP, 0, 3, "Stop. Wait. - one - two"),
        (BlockKind.STEP, 0, 4, "Drain E-217."),
        (BlockKind.WARNING, 0, 0, "DANGER: Hot."),
        (BlockKind.BULLET, 0, 0, "Gloves"),
        (BlockKind.PARAGRAPH, 0, 0, "Then:"),
        (BlockKind.STEP, 0, 2, "Typed."),
    ]


def test_what_nobody_sees_is_no_text(tmp_path: Path) -> None:
    """Script, style, comments, menus, and what is hidden by an attribute or a style."""
    hidden = (
        "<script>a</script><style>b</style><!-- c --><nav>d</nav><template>e</template>"
        "<p hidden>f</p><p style='color:red; DISPLAY : none'>g</p><div aria-hidden=true>h</div>"
        "<span style='font-size:0px'>i</span><noscript>j</noscript><svg><text>k</text></svg>"
        "<p style='font-size:0.9em'>Seen</p><button>l</button><iframe srcdoc='m'>n</iframe>"
    )
    assert shown(tmp_path, hidden) == [(BlockKind.PARAGRAPH, "Seen")]


def test_tables_with_cells_that_span(tmp_path: Path) -> None:
    """A cell over two rows is in both; two rows of names are one header; a frame is its text."""
    table = (
        "<table><thead><tr><th rowspan=2>Code<th colspan=2>Limit</tr>"
        "<tr><th>low<th>high</tr></thead>"
        "<tr><td rowspan=2>E-217<td>1<td>2</tr><tr><td>3<td>4</tr></table>"
        "<table><tr><td>WARNING: <b>Hot</b> oil.</td></tr></table>"
        "<table><tr><th>Name<th>Value</tr><tr><td>Oil<td><table><tr><td>HLP<td>46</table></table>"
    )
    assert shown(tmp_path, table) == [
        (BlockKind.ROW, "Code: E-217 | Limit low: 1 | Limit high: 2"),
        (BlockKind.ROW, "Code: E-217 | Limit low: 3 | Limit high: 4"),
        (BlockKind.WARNING, "WARNING: Hot oil."),
        (BlockKind.ROW, "Name: Oil | Value: HLP 46"),
    ]


def test_letters_are_those_that_the_page_names(tmp_path: Path) -> None:
    """And UTF-8 where it names none."""
    page = "<meta charset={}><p>Öl prüfen</p>"
    for body in (page.format("iso-8859-1").encode("latin-1"), page.format("utf-8").encode()):
        assert [b.text for b in parsed(tmp_path, body).blocks] == ["Öl prüfen"]


def test_title_and_language_are_proposals(tmp_path: Path) -> None:
    """With the identifier of a catalogue."""
    page = "<html lang=de><title> Die\nPumpe</title><meta name=DC.identifier content=SOP-1><p>x"
    assert parsed(tmp_path, page).properties == {
        "title": "Die Pumpe",
        "language": "de",
        "id": "SOP-1",
    }
