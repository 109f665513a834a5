"""XML bodies of the Blob service, read and written."""

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from shared.sandbox.azure.blob_call import refusal
from shared.sandbox.azure.wire import Answer

type Content = "str | Iterable[Node]"
type Node = tuple[str, Content] | tuple[str, Content, Mapping[str, str]]
"""A name with its text or with what is in it, and its attributes if it has any"""


def read(body: bytes) -> ET.Element:
    """Raises Problem 400 InvalidXmlDocument. The document type declarations of an attacker are not taken."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise refusal("InvalidXmlDocument")
    try:
        return ET.fromstring(body.removeprefix(b"\xef\xbb\xbf"))  # noqa: S314 - no declarations, no entities
    except ET.ParseError as wrong:
        raise refusal("InvalidXmlDocument") from wrong


def write(name: str, children: Iterable[Node], attributes: Mapping[str, str] | None = None) -> bytes:
    """A document."""
    root = ET.Element(name, dict(attributes or {}))
    _fill(root, children)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return b"\xef\xbb\xbf" + document


def _fill(element: ET.Element, children: Iterable[Node]) -> None:
    for name, content, *attributes in children:
        child = ET.SubElement(element, name, dict(attributes[0]) if attributes else {})
        if isinstance(content, str):
            child.text = content
        else:
            _fill(child, content)


def answer(status: int, name: str, children: Iterable[Node], attributes: Mapping[str, str] | None = None) -> Answer:
    """A document as an answer."""
    return Answer(status, {"content-type": "application/xml"}, write(name, children, attributes))
