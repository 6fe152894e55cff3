"""The page."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from diffcheck.record import Run
from diffcheck.report import render
from diffcheck.report.html import LONGEST_FORMULA, fragment, mathml
from diffcheck.sheet import ClaimRow, Formula, Sheet
from diffcheck.verdict import Verdict

VOID = {"meta", "br", "wbr", "path", "polyline", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects the tags of a page and checks that they close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every tag of this name."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page(run: Run) -> str:
    """The page of the run made by hand."""
    return render("html", run)


def test_every_tag_is_closed(page: str) -> None:
    """Tags close in the order in which they were opened."""
    assert Page(page).open == []


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    """No script, no style sheet, no picture and no font is fetched."""
    tags = {tag for tag, _ in Page(page).tags}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    assert "url(" not in page
    assert "@import" not in page
    assert "src=" not in page


def test_findings_stand_before_the_matrix(page: str) -> None:
    """A person sees first what is wrong."""
    assert page.index("an error no rounding can make") < page.index('class="matrix"')


def test_the_matrix_names_every_cell(run: Run, page: str) -> None:
    """A cell of every record carries its verdict as text, not only as a colour."""
    titles = [attributes["title"] for attributes in Page(page).all("td") if attributes.get("title")]
    assert sorted(map(str, titles)) == sorted(record.judgement.verdict.name for record in run.records)


def test_tables_are_accessible(page: str) -> None:
    """Every table has a caption, every head a scope, and what scrolls can be reached by keyboard."""
    parsed = Page(page)
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert all(attributes.get("scope") for attributes in parsed.all("th"))
    regions = [attributes for attributes in parsed.all("div") if attributes.get("role") == "region"]
    assert regions
    assert all(attributes["tabindex"] == "0" and attributes["aria-label"] for attributes in regions)


def test_every_link_leads_somewhere(run: Run) -> None:
    """Each case in the matrix links to its section."""
    sheets = tuple(Sheet(name) for name in dict.fromkeys(record.cell.case for record in run.records))
    parsed = Page(render("html", replace(run, sheets=sheets)))
    targets = {attributes["id"] for _, attributes in parsed.tags if "id" in attributes}
    links = {str(attributes["href"]).removeprefix("#") for attributes in parsed.all("a")}
    assert links <= targets


def test_a_case_without_a_sheet_has_no_link(run: Run) -> None:
    """A link that leads nowhere is worse than none."""
    parsed = Page(render("html", replace(run, sheets=())))
    links = {attributes["href"] for attributes in parsed.all("a")}
    assert links == {"#findings", "#conventions", "#matrix", "#unjudged", "#cases"}


def test_a_case_shows_formulas_values_and_curve(page: str) -> None:
    """MathML for the function and its gradient, the value by every method, the V-curve."""
    parsed = Page(page)
    assert len(parsed.all("math")) == 2
    assert '<td class="number">6.0</td>' in page
    assert len(parsed.all("polyline")) >= 2
    assert "Smallest error: forward 5e-2 at h = 1e-2" in page


def test_methods_that_answer_the_same_share_a_line(run: Run) -> None:
    """A line for each of ten equal answers would hide the eleventh."""
    sheet = run.sheets[0]
    assert sheet.example is not None
    odd = replace(sheet.example.rows[1], method="jax R", verdict=Verdict.WRONG)
    text = fragment(replace(sheet, example=replace(sheet.example, rows=(*sheet.example.rows, odd))))
    assert '<th scope="row">sympy R, torch R</th>' in text
    assert '<th scope="row">jax R</th>' in text


def test_what_a_source_says_is_text(run: Run) -> None:
    """Markup in a docstring, a claim or a message is shown, not obeyed."""
    evil = Sheet("a/b", "<script>alert(1)</script>", claims=(ClaimRow("<img src=x>", "holds", "<i>"),))
    page = render("html", replace(run, sheets=(evil,)))
    assert not {tag for tag, _ in Page(page).tags} & {"script", "img", "i"}


def test_a_long_formula_is_cut() -> None:
    """A formula that nobody can read is not most of the page."""
    long = Formula("x + " * LONGEST_FORMULA + "x", "x + " * LONGEST_FORMULA + "x")
    assert len(mathml(long)) < 2 * LONGEST_FORMULA
    assert "<math" not in mathml(long)


def test_a_broken_formula_costs_only_itself() -> None:
    """LaTeX that cannot be converted is shown as plain text."""
    assert mathml(Formula(r"\frac{1}", "1/")) == "<code>1/</code>" or "<math" in mathml(Formula(r"\frac{1}", "1/"))
    assert mathml(Formula("", "x < y")) == "<code>x &lt; y</code>"


def test_a_fragment_keeps_its_style_to_itself(run: Run) -> None:
    """In a notebook every rule is nested in our class."""
    text = fragment(run.sheets[0])
    [style] = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    outside = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    depth, selector, tops = 0, "", []
    for character in outside:
        if character == "{":
            tops += [selector.strip()] if depth == 0 else []
            depth += 1
        elif character == "}":
            depth -= 1
            selector = ""
        elif depth == 0:
            selector += character
    assert set(tops) == {".diffcheck", "@media (prefers-color-scheme: dark)"}
    assert Page(text).open == []


def test_an_empty_run_can_be_shown() -> None:
    """Nothing selected is a page too."""
    page = render("html", Run({}, (), complete=False))
    assert "None: nothing that a person should look at." in page
    assert "incomplete" in page
