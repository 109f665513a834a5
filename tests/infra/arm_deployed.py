"""ARM's template language, interpreted: what a deployment would send to each resource's provider, and in which order."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TENANT = "0C0DE5AF-0000-4000-8000-0000000000AA"
SUBSCRIPTION = "/subscriptions/1c0deb1e-0000-4000-8000-00000000c11c"
GROUP = f"{SUBSCRIPTION}/resourceGroups/codeblue"
PRINCIPAL = "0c0de5af-0000-4000-8000-0000000000dd"

TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z]+)|(?P<sign>[(),.]))")


@dataclass(frozen=True)
class Sent:
    """One resource as its provider gets it. `needs`: the ids of resources that have to be there before."""

    id: str
    kind: str
    body: Mapping[str, Any]
    needs: frozenset[str]


class Deployment:
    """One template with the values of its parameters. Raises `KeyError` for what is not declared."""

    def __init__(self, template: Mapping[str, Any], given: Mapping[str, object], group: str = GROUP) -> None:
        declared = template["parameters"]
        assert given.keys() <= declared.keys()
        self.template, self._group, self._referred = template, group, set[str]()
        self.parameters = {name: given.get(name, kind.get("defaultValue")) for name, kind in declared.items()}
        assert None not in self.parameters.values(), "a parameter has no value"

    def sent(self) -> list[Sent]:
        """Every resource, each after those that it depends on or refers to."""
        waiting, done = list(self._resources()), list[Sent]()
        while waiting:
            ready = [each for each in waiting if each.needs <= {other.id for other in done}]
            assert ready, f"these wait for what is not there: {[each.id for each in waiting]}"
            done += ready
            waiting = [each for each in waiting if each not in ready]
        return done

    def _resources(self) -> Iterator[Sent]:
        for resource in self.template["resources"]:
            self._referred = set()
            body = self.value({key: part for key, part in resource.items() if key not in {"dependsOn", "apiVersion"}})
            after = {self.value(each) for each in resource.get("dependsOn", ())}
            where = str(body.get("scope", self._group))
            yield Sent(_id(where, body["type"], body["name"].split("/")), body["type"], body, frozenset(after | self._referred))

    def value(self, thing: Any) -> Any:  # noqa: ANN401  # any JSON
        """The thing with every expression in its place; an inner template is left as it is."""
        if isinstance(thing, dict):
            return {key: part if key == "template" else self.value(part) for key, part in thing.items()}
        if isinstance(thing, list):
            return [self.value(part) for part in thing]
        if isinstance(thing, str) and thing.startswith("[") and thing.endswith("]"):
            tokens = list(TOKEN.finditer(thing[1:-1]))
            value, end = self._expression(tokens, 0)
            assert end == len(tokens), thing
            return value
        return thing

    def _expression(self, tokens: list[re.Match[str]], at: int) -> tuple[Any, int]:
        if text := tokens[at]["text"]:
            return text[1:-1].replace("''", "'"), at + 1
        name, arguments, at = tokens[at]["name"], list[Any](), at + 2
        while tokens[at]["sign"] != ")":
            value, at = self._expression(tokens, at)
            arguments.append(value)
            at += tokens[at]["sign"] == ","
        value, at = getattr(self, f"_{name.lower()}")(*arguments), at + 1
        while at < len(tokens) and tokens[at]["sign"] == ".":
            value, at = value[tokens[at + 1]["name"]], at + 2
        return value, at

    def _parameters(self, name: str) -> Any:  # noqa: ANN401  # any JSON
        return self.value(self.parameters[name])

    def _variables(self, name: str) -> Any:  # noqa: ANN401  # any JSON
        return self.value(self.template["variables"][name])

    def _concat(self, *parts: str) -> str:
        return "".join(parts)

    def _join(self, parts: list[str], between: str) -> str:
        return between.join(parts)

    def _not(self, value: object) -> bool:
        return not value

    def _tolower(self, text: str) -> str:
        return text.lower()

    def _subscription(self) -> dict[str, str]:
        return {"id": SUBSCRIPTION, "subscriptionId": SUBSCRIPTION.rpartition("/")[2], "tenantId": TENANT}

    def _resourcegroup(self) -> dict[str, str]:
        return {"id": GROUP, "location": "eastus"}

    def _uniquestring(self, *parts: str) -> str:
        return hashlib.sha256("".join(parts).encode()).hexdigest()[:13]

    def _guid(self, *parts: str) -> str:
        digest = hashlib.sha256("".join(parts).encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"

    def _resourceid(self, kind: str, *names: str) -> str:
        return _id(GROUP, kind, names)

    def _subscriptionresourceid(self, kind: str, *names: str) -> str:
        return _id(SUBSCRIPTION, kind, names)

    def _reference(self, resource: str, *_: str) -> dict[str, Any]:
        """What is known of a resource once it is there; so it has to be."""
        self._referred.add(resource)
        blobs = f"https://{resource.rpartition('/')[2]}.blob.core.windows.net/"
        return {
            "identity": {"principalId": PRINCIPAL},
            "primaryEndpoints": {"blob": blobs},
            "ConnectionString": "IngestionEndpoint=…",
        }


def _id(scope: str, kind: str, names: Any) -> str:  # noqa: ANN401  # a list or a tuple
    provider, *kinds = kind.split("/")
    assert len(kinds) == len(names), (kind, names)
    return f"{scope}/providers/{provider}/" + "/".join(f"{part}/{name}" for part, name in zip(kinds, names, strict=True))
