"""What a browser, or a screen reader, makes of a page: its tags, headings and texts, and every address that it would fetch."""

import re
from html.parser import HTMLParser

VOID = frozenset({"meta", "br", "col", "link", "img", "input", "hr"})
FETCHED = frozenset({"src", "href", "action", "data", "srcset", "poster", "xlink:href", "background"})
ADDRESS = re.compile(r"https?://|url\(|@import", re.IGNORECASE)

type Attributes = dict[str, str]


class Page(HTMLParser):
    """`tags` with their attributes in order; `open` are those never closed; `text` is all that is read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Attributes]] = []
        self.open: list[str] = []
        self.headings: list[int] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.text += f" {data.strip()}" if data.strip() else ""

    def all(self, tag: str) -> list[Attributes]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]

    @property
    def fetched(self) -> list[str]:
        """Addresses other than places in the page itself."""
        values = [v for _, attributes in self.tags for name, v in attributes.items() if name in FETCHED]
        return [value for value in values if value.removeprefix("#") not in self.ids]
