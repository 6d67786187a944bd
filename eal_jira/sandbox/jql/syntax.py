"""JQL: from text to a tree. What the tree means is `query`'s business.

query     := [ or ] [ ORDER BY field [ASC|DESC] { , field [ASC|DESC] } ]
or        := and { OR and }
and       := not { AND not }
not       := NOT not | ( or ) | clause
clause    := field ( = | != | ~ | !~ | < | <= | > | >= ) operand | field [NOT] IN list | field IS [NOT] EMPTY
operand   := EMPTY | NULL | text | number | function ( [text { , text }] )
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


class JqlError(Exception):
    """The query can't be read; the text is worded as Jira does."""


@dataclass(frozen=True, slots=True)
class Literal:
    text: str
    #: an unquoted word may be a number or a relative date; a quoted one too, but never a keyword
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    pass


Operand = Literal | Function | Empty


@dataclass(frozen=True, slots=True)
class Clause:
    """`operator` is one of = != ~ !~ < <= > >= in not_in is is_not; `operands` has one entry except for lists."""

    field: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: Term


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Term, ...]


Term = Clause | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    where: Term | None
    #: (field, ascending)
    order: tuple[tuple[str, bool], ...] = ()


def parse(text: str) -> Query:
    """The tree of a query; raises `JqlError`."""
    return _Parser(text).query()


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<symbol><=|>=|!=|!~|&&|\|\||[=<>~!(),&|])
      | (?P<field>cf\[\d+\])
      | (?P<word>[^\s"'=<>~!(),&|\[\]]+)
    )""",
    re.VERBOSE,
)
_KEYWORDS = frozenset(("and", "or", "not", "in", "is", "order", "by", "empty", "null", "was", "changed"))
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}

#: words that stand for nothing but themselves when quoted (Atlassian support, "Search for issues: reserved words")
RESERVED = frozenset(
    """a an abort access add after alias all alter and any are as asc at audit avg be before begin between boolean
    break but by byte catch cf changed char character check checkpoint collate collation column commit connect
    continue count create current date decimal declare decrement default defaults define delete delimiter desc
    difference distinct divide do double drop else empty encoding end equals escape exclusive exec execute exists
    explain false fetch file field first float for from function go goto grant greater group having identified if
    immediate in increment index initial inner inout input insert int integer intersect intersection into inventory
    is isempty isnull it join last left less like limit lock long max min minus mode modify modulo more multiply next
    no noaudit not notin nowait null number object of on option or order outer output power previous prior privileges
    public raise raw remainder rename resource return returns revoke right row rowid rownum rows select session set
    share size sqrt start strict string subtract such sum synonym table that the their then there these they this to
    trans transaction trigger true uid union unique unlock update user validate values view was when whenever where
    while will with""".split()  # noqa: SIM905 – a table of words reads better so
)


@dataclass(frozen=True, slots=True)
class _Token:
    #: "string", "symbol", "field", "word" or "end"
    kind: str
    text: str
    position: int

    def is_word(self, word: str) -> bool:
        return self.kind == "word" and self.text.lower() == word


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            raise JqlError(
                f"Error in the JQL Query: The character '{text[at]}' is a reserved JQL character. "
                "You must enclose it in a string or use the escape "
                f"'\\u{ord(text[at]):04x}' instead. (line 1, character {at + 1})"
            )
        kind = str(match.lastgroup)
        found = match.group(kind)
        if kind == "string":
            found = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), found[1:-1], flags=re.DOTALL)
        yield _Token(kind, found, match.start(kind))
        position = match.end()
    yield _Token("end", "", len(text))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def query(self) -> Query:
        where = None if self._ahead("order") or self._token.kind == "end" else self._or()
        order = self._order() if self._ahead("order") else ()
        if self._token.kind != "end":
            raise self._unexpected("a query's end")
        return Query(where, order)

    def _or(self) -> Term:
        terms = [self._and()]
        while self._take_word("or") or self._take_symbol("||", "|"):
            terms.append(self._and())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _and(self) -> Term:
        terms = [self._not()]
        while self._take_word("and") or self._take_symbol("&&", "&"):
            terms.append(self._not())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _not(self) -> Term:
        if self._take_word("not") or self._take_symbol("!"):
            return Not(self._not())
        if self._take_symbol("("):
            inner = self._or()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        field = self._field()
        if self._take_word("is"):
            operator = "is_not" if self._take_word("not") else "is"
            operand = self._operand()
            if not isinstance(operand, Empty):
                raise JqlError("Error in the JQL Query: The operator 'is' only takes EMPTY or NULL.")
            return Clause(field, operator, (operand,))
        if self._ahead("not") or self._ahead("in"):
            operator = "not_in" if self._take_word("not") else "in"
            if not self._take_word("in"):
                raise self._unexpected("'IN'")
            return Clause(field, operator, self._list())
        if self._token.kind == "word" and self._token.text.lower() in ("was", "changed"):
            raise JqlError(f"The sandbox does not know the operator '{self._token.text.upper()}'.")
        for symbol in ("=", "!=", "~", "!~", "<=", ">=", "<", ">"):
            if self._take_symbol(symbol):
                return Clause(field, symbol, (self._operand(),))
        raise self._unexpected("either '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN' or 'IS'")

    def _field(self) -> str:
        token = self._token
        if token.kind in ("string", "field"):
            return self._next().text
        if token.kind == "word" and token.text.lower() not in _KEYWORDS:
            self._check_reserved(token)
            return self._next().text
        raise self._unexpected("a field name")

    def _list(self) -> tuple[Operand, ...]:
        if not self._take_symbol("("):
            return (self._operand(),)
        operands = [self._operand()]
        while self._take_symbol(","):
            operands.append(self._operand())
        self._expect(")")
        return tuple(operands)

    def _operand(self) -> Operand:
        token = self._token
        if token.kind == "string":
            return Literal(self._next().text, quoted=True)
        if token.kind != "word":
            raise self._unexpected("a value, a list or a function")
        if token.text.lower() in ("empty", "null"):
            self._next()
            return Empty()
        name = self._next().text
        if self._take_symbol("("):
            arguments: list[str] = []
            while not self._take_symbol(")"):
                if arguments:
                    self._expect(",")
                if self._token.kind not in ("word", "string"):
                    raise self._unexpected("a function's argument")
                arguments.append(self._next().text)
            return Function(name, tuple(arguments))
        self._check_reserved(token)
        return Literal(name)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._next()
        if not self._take_word("by"):
            raise self._unexpected("'BY'")
        order = []
        while True:
            field = self._field()
            descending = self._take_word("desc")
            if not descending:
                self._take_word("asc")
            order.append((field, not descending))
            if not self._take_symbol(","):
                return tuple(order)

    # --- tokens -----------------------------------------------------------------------------------------------

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._token
        self._at += 1
        return token

    def _ahead(self, word: str) -> bool:
        return self._token.is_word(word)

    def _take_word(self, word: str) -> bool:
        if self._ahead(word):
            self._at += 1
            return True
        return False

    def _take_symbol(self, *symbols: str) -> bool:
        if self._token.kind == "symbol" and self._token.text in symbols:
            self._at += 1
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._take_symbol(symbol):
            raise self._unexpected(f"'{symbol}'")

    def _check_reserved(self, token: _Token) -> None:
        if token.text.lower() in RESERVED:
            raise JqlError(
                f"Error in the JQL Query: '{token.text}' is a reserved JQL word. You must surround it in "
                f"quotation marks to use it in a query. (line 1, character {token.position + 1})"
            )

    def _unexpected(self, wanted: str) -> JqlError:
        token = self._token
        found = "the end of the query" if token.kind == "end" else f"'{token.text}'"
        return JqlError(
            f"Error in the JQL Query: Expecting {wanted} but got {found}. (line 1, character {token.position + 1})"
        )
