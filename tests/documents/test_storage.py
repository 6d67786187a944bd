"""What Confluence gets: well-formed XML, no foreign text in parameters of macros, pictures by their file names."""

from __future__ import annotations

import pytest

from eal_jira.documents import picture_file, render
from eal_jira.documents.storage import LIMIT
from eal_jira.model import Figure
from tests.documents.reading import read_storage

MARKDOWN = """\
## T

- a
- b

3. c

| h | n |
|---|--:|
| 1 | 2 |

> quoted

> [!NOTE]
> said

```
x < y
```

---

[ok](chip:good) [x](<https://e.example/?a=1&b=2>) *e* **s** `c`
"""


def figure(**values: str) -> Figure:
    given = {"title": 'Cycle "time" & more', "summary": "Half took < 3 days.", "png": "aGVsbG8="} | values
    return Figure("cycle", given["title"], given["summary"], ("issue", "days"), (("PAY-1", "2.5"),), "", given["png"])


def test_elements_are_those_of_the_storage_format() -> None:
    assert render(MARKDOWN, "storage") == (
        "<h2>T</h2>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"
        '<ol start="3">\n<li>c</li>\n</ol>\n'
        "<table><tbody>\n<tr><th><p>h</p></th>"
        '<th><p style="text-align: right;">n</p></th></tr>\n'
        '<tr><td><p>1</p></td><td><p style="text-align: right;">2</p></td></tr>\n</tbody></table>\n'
        "<blockquote>\n<p>quoted</p>\n</blockquote>\n"
        '<ac:structured-macro ac:name="info"><ac:rich-text-body>\n<p>said</p>\n'
        "</ac:rich-text-body></ac:structured-macro>\n"
        "<pre>x &lt; y</pre>\n<hr/>\n"
        '<p><strong style="color: rgb(0,102,68);">[ok]</strong> '
        '<a href="https://e.example/?a=1&amp;b=2">x</a> <em>e</em> <strong>s</strong> <code>c</code></p>\n'
    )


def test_a_figure_is_an_attached_picture_with_its_words_and_its_numbers() -> None:
    page = render("![How long?](figure:cycle)", "storage", {"cycle": figure()})
    form, said = read_storage(page)
    assert said == "How long? – Half took < 3 days. The numbers behind it: issue days PAY-1 2.5"
    assert ("start", "{ri}attachment", {"{ri}filename": picture_file(figure())}) in form
    assert ("start", "{ac}image", {"{ac}alt": 'Chart: Cycle "time" & more. Half took < 3 days.'}) in form


def test_a_figure_without_a_picture_names_no_file() -> None:
    page = render("![How long?](figure:cycle)", "storage", {"cycle": figure(png="")})
    assert "ri:attachment" not in page
    assert render("![How long?](figure:other)", "storage") == "<p><em>How long?</em></p>\n"


@pytest.mark.parametrize("title", ['"><b>', "]]>", "<ac:parameter>", "&nbsp;", "\x00\ud800"])
def test_the_words_of_a_figure_are_text(title: str) -> None:
    plain, _ = read_storage(render("![x](figure:cycle)", "storage", {"cycle": figure(title="T")}))
    form, _ = read_storage(render("![x](figure:cycle)", "storage", {"cycle": figure(title=title)}))
    assert [entry[:2] for entry in form] == [entry[:2] for entry in plain]


def test_a_document_that_is_too_long_is_cut_with_a_visible_mark_and_stays_xml() -> None:
    page = render("\n\n".join(["word & " * 500] * 900), "storage")
    assert len(page.encode()) <= LIMIT
    assert read_storage(page)[1].endswith("… cut here: this text is longer than its place allows.")
