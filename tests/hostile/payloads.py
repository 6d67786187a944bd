"""Over a thousand texts that somebody might write into a field to make a page do something: same each time.

Families of attacks, each told in several carriers: bare, inside quotes, as a table's cell, after a line break, in the
middle of a word, in an escaped form, behind signs that hide or turn what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script href=data:,alert(1) /></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></foreignObject></svg>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<style>@import 'http://t.example/x.css'</style>",
    "<link rel=stylesheet href=http://t.example/x.css>",
    "<meta http-equiv=refresh content='0;url=http://t.example'>",
    "<base href=http://t.example/>",
    "<form action=http://t.example><button>x</button></form>",
    "<object data=data:text/html,x></object>",
    "</title></style></script></p></div></body></html>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "<details><summary>x</summary></details>",
    "<table><tr><td>x</td></tr></table>",
    "<eal-jira:x/>",
)
STORAGE = (
    '<ac:structured-macro ac:name="html"><ac:plain-text-body><![CDATA[x]]></ac:plain-text-body></ac:structured-macro>',
    '<ac:structured-macro ac:name="jira"><ac:parameter ac:name="jqlQuery">x</ac:parameter></ac:structured-macro>',
    '<ac:link><ri:user ri:account-id="712020:x"/></ac:link>',
    '<ac:image><ri:url ri:value="http://t.example/x.png"/></ac:image>',
    '<ac:image><ri:attachment ri:filename="secret.png"/></ac:image>',
    "<ac:task-list><ac:task><ac:task-body>x</ac:task-body></ac:task></ac:task-list>",
    '<ac:structured-macro ac:name="anchor"><ac:parameter ac:name="">eal-jira-0</ac:parameter></ac:structured-macro>',
    '<ac:inline-comment-marker ac:ref="x">y</ac:inline-comment-marker>',
    "</ac:rich-text-body></ac:structured-macro>",
    "<time datetime='2026-01-01'/>",
)
WIKI = (
    "{html}<b>x</b>{html}",
    "{code}x{code}",
    "{noformat}x{noformat}",
    "{quote}x{quote}",
    "{panel:title=x}y{panel}",
    "{color:red}x{color}",
    "{expand:x}y{expand}",
    "{include:x}",
    "{jira:key=PAY-1}",
    "{anchor:x}",
    "{*}x{*}",
    "[~admin]",
    "[~accountid:712020:x]",
    "[x|http://t.example]",
    "[x|javascript:alert(1)]",
    "[^file.png]",
    "[#top]",
    "[mailto:a@t.example]",
    "!http://t.example/x.png!",
    "!x.png|width=600!",
    "h1. Big",
    "bq. quoted",
    "----",
    "|| a || b ||",
    "| a | b |",
    "* one",
    "# one",
    "- one",
    "??cite??",
    "+new+ -gone- ^up^ ~down~ {{mono}}",
    ":) :( (y) (n) (!) (?) (*r) (flag)",
    "http://t.example/x",
    "https://t.example",
    "mailto:a@t.example",
    "ftp://t.example",
    "file:///etc/passwd",
    "\\\\",
    "_eal-jira: end of what is generated; what you write above or below it stays_",
)
MARKDOWN = (
    "[x](javascript:alert(1))",
    "[x](http://t.example)",
    "![x](http://t.example/x.png)",
    "![x](figure:cycle-time)",
    "[x](chip:good)",
    "<http://t.example>",
    "<a@t.example>",
    "[x]: http://t.example",
    "[^1]: note",
    "# heading",
    "> quote",
    "> [!NOTE]",
    "[!MORE] x",
    "```\ncode\n```",
    "~~~",
    "    indented",
    "***",
    "===",
    "---",
    "| a | b |\n|---|---|\n| c | d |",
    "**strong** __strong__ *em* _em_ ~~gone~~",
    "`code` ``code``",
    "- [ ] task",
    "1. one",
    "<!-- eal-jira: end of what is generated -->",
    "<!-- eal-jira: your notes from here on; every byte is kept -->",
    "www.t.example",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
)
TEMPLATES = (
    "{{ 7*7 }}",
    "{% for x in y %}x{% endfor %}",
    "{# x #}",
    "{{ config.__class__.__mro__ }}",
    "{{ ''.__class__ }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{{x}}}",
    "%(x)s %s %n {0} {x!r}",
    "{{ self.__init__.__globals__ }}",
    "{%",
    "}}",
)
ADF = (
    '{"type":"mention","attrs":{"id":"712020:x","text":"@x"}}',
    '{"type":"inlineCard","attrs":{"url":"http://t.example"}}',
    '{"version":1,"type":"doc","content":[]}',
    '{"type":"extension","attrs":{"extensionKey":"x"}}',
    '"}]}',
)
MENTIONS = (
    "@all",
    "@here",
    "@channel",
    "@ann",
    "@712020:abc",
    "<@U123>",
    "<!channel>",
    "a@t.example",
    "[@ann]",
    "#123",
    "PAY-12",
    "GH-1",
)
MATHTEXT = ("$x^2$", "$\\frac{1}{2}$", "$$x$$", "\\(x\\)", "$\\unknown{$", "$", "\\$5 and $6", "$\\input{/etc/passwd}$")
BIDI = (
    "safe \u202egnp.exe\u202c",
    "\u2066x\u2069 \u2067y\u2069",
    "\u200e\u200f\u061c",
    "a\u200bb\u200c\u200dc\u2060d",
    "soft\u00adhyphen",
    "\U000e0001\U000e0020\U000e007f",
    "\u202d\u202d\u202d deep",
    "עברית mixed العربية",
)
CONTROL = (
    "\x00",
    "\x01\x02\x07\x08",
    "\x1b[31mred\x1b]0;title\x07",
    "\x7f\x80\x85\x9f",
    "\u2028\u2029",
    "\ufeff\ufffe\uffff",
    "\ud800",
    "\udfff\ud800",
    "\ufdd0\ufff9\ufffb",
    "\r\n\r\n",
    "\t\v\f",
    "\x1a",
)
DATABASE = (
    "'; DROP TABLE issues; --",
    '" OR 1=1 --',
    "=cmd|'/C calc'!A0",
    "../../etc/passwd",
    "%00",
    "|",
    "\\",
    "&",
    "&&amp;",
)
UNICODE = (
    "e\u0301\u0301\u0301" * 5,
    "👩\u200d💻🏳️\u200d🌈",
    "ＡＢＣ＜script＞",
    "ı İ ß ﬁ",
    "\U0001f595",
    "Ünïcödé 中文",
)

FAMILIES = (
    SCRIPTS,
    STORAGE,
    WIKI,
    MARKDOWN,
    TEMPLATES,
    ADF,
    MENTIONS,
    MATHTEXT,
    BIDI,
    CONTROL,
    DATABASE,
    UNICODE,
)

CARRIERS: tuple[Callable[[str], str], ...] = (
    lambda text: f"x {text} y",
    lambda text: f'"{text}"',
    lambda text: f"x'>{text}",
    lambda text: f"x\n\n{text}\n\ny",
    lambda text: f"word{text}word",
    lambda text: f"\\{text}\\",
)


def payloads() -> list[str]:
    """Each attack in each carrier, each once."""
    found = [carrier(attack) for family in FAMILIES for attack in family for carrier in CARRIERS]
    return list(dict.fromkeys(found))


def long_payloads() -> Iterator[tuple[str, str]]:
    """(what it is, text): as long as the longest field of a tracker, and a megabyte."""
    for name, piece in (
        ("letters", "x"),
        ("tags", "<b>"),
        ("links", "[x](y)"),
        ("bars", "|"),
        ("backslashes", "\\"),
        ("braces", "{{"),
        ("stars", "*"),
        ("ampersands", "&amp;"),
        ("turned", "\u202e"),
        ("lines", "\n# x"),
    ):
        yield f"32,767 of {name}", (piece * (32_767 // len(piece) + 1))[:32_767]
        yield f"a megabyte of {name}", (piece * (1_000_000 // len(piece) + 1))[:1_000_000]
