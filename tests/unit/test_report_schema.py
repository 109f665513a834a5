"""The form of an evidence pack, which programs read months later."""

import json

import document_evidence
from shared.domain.resource import Ref
from shared.report.facts import FORM, Pack


def test_the_schema_is_current() -> None:
    written = document_evidence.PAGE.read_text(encoding="utf-8")
    assert written == document_evidence.page(), "run `python .ci/document_evidence.py` and commit docs/evidence.schema.json"


def test_the_schema_closes_every_object_and_names_its_form() -> None:
    schema = json.loads(document_evidence.page())
    objects = [schema, *(each for each in schema["$defs"].values() if each["type"] == "object")]
    assert all(each["additionalProperties"] is False for each in objects)
    assert schema["properties"]["form"]["const"] == FORM


def test_nothing_that_could_hold_an_object_key_or_a_secret_has_a_place_in_it() -> None:
    schema = json.loads(document_evidence.page())
    names = {name for each in (schema, *schema["$defs"].values()) for name in each.get("properties", ())}
    assert names.isdisjoint({"raw", "body", "object", "object_key", "password", "secret_key", "token"})
    assert {"case", "timeline", "changes", "record"} <= set(Pack.model_fields)
    assert set(Ref.model_fields) == {"cloud", "kind", "account", "region", "id"}
