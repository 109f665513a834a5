"""What a deployed worker is told by its environment."""

from collections.abc import Mapping
from typing import Self, get_origin

from pydantic import ValidationError

from shared.domain.errors import NotReady
from shared.domain.value import Value

PREFIX = "CODEBLUE_"


class Variables(Value):
    """Every variable `CODEBLUE_*` of a worker, and no other: a name that is none of these stops it. Tuples come with commas."""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """The settings in these variables. Raises `NotReady` naming the first that is not understood."""
        ours: dict[str, object] = {
            name.removeprefix(PREFIX).lower(): text for name, text in variables.items() if name.startswith(PREFIX) and text
        }
        for name, field in cls.model_fields.items():
            if get_origin(field.annotation) is tuple:
                ours[name] = tuple(filter(None, str(ours.get(name, "")).split(",")))
        try:
            return cls.model_validate(ours)
        except ValidationError as why:
            error = why.errors()[0]
            raise NotReady(f"{PREFIX}{str(error['loc'][0]).upper()} of this function: {error['msg']}") from None
