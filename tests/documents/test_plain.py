"""Plain text reads like a letter, tables in columns."""

from __future__ import annotations

from eal_jira.documents import render


def test_a_document_reads_without_any_markup() -> None:
    markdown = (
        "# One\n\n## Two\n\nwords [ok](chip:good)\n\n- a\n- b\n\n  c\n\n9. d\n10. e\n\n> said\n>\n> again\n\n"
        "| issue | days |\n|---|--:|\n| PAY-1 | 2 |\n| B | 13 |\n\n> [!MORE] Rest\n>\n> end\n"
    )
    assert render(markdown, "text") == (
        "One\n===\n\nTwo\n---\n\nwords [ok]\n\n- a\n- b\n  c\n\n9. d\n10. e\n\n> said\n> \n> again\n\n"
        "issue  days\n-----  ----\nPAY-1     2\nB        13\n\nRest\n\nend"
    )
