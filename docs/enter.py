"""Print the environment of one of the sandbox's people, for `eval`: enter.py sandbox.json responder."""

import json
import shlex
import sys
from pathlib import Path


def exports(sandbox: dict[str, object], who: str) -> list[str]:
    """One `export` line for each variable of the standard AWS environment."""
    people = sandbox["credentials"]
    if not isinstance(people, dict) or who not in people:
        raise SystemExit(f"the sandbox knows nobody called {who}")
    credentials = {name.upper(): value for name, value in people[who].items()}
    place = {"AWS_ENDPOINT_URL": sandbox["endpoint_url"], "AWS_DEFAULT_REGION": sandbox["region"]}
    stale = [] if "AWS_SESSION_TOKEN" in credentials else ["unset AWS_SESSION_TOKEN"]
    return [*stale, *(f"export {name}={shlex.quote(str(value))}" for name, value in {**credentials, **place}.items())]


if __name__ == "__main__":
    first = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()[0]
    print("\n".join(exports(json.loads(first), sys.argv[2])))
