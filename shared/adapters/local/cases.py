"""Cases in a folder of this machine, for a responder without a cloud account of its own."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared.adapters.local.files import locked, make_folder, replace
from shared.custody.layout import checked
from shared.custody.leases import Held, Stop, written
from shared.domain.case import Case
from shared.domain.errors import Absent
from shared.ports import Clock, Lease


class FileCases:
    """One JSON file a case. All workers must be on this machine: a lock of the folder makes each step whole."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def create(self, case: Case) -> bool:
        written(case)
        with self._alone():
            if self._file(case.id).exists():
                return False
            self._keep(Held(case=case))
            return True

    def allot(self, name: str, case_id: str) -> str:
        file = self._folder / "names" / checked(name)
        with self._alone():
            if not file.exists():
                make_folder(file.parent)
                replace(file, case_id.encode())
            return file.read_text(encoding="utf-8")

    def load(self, case_id: str) -> Case:
        return self._find(case_id).case

    def save(self, case: Case, lease: Lease) -> Case:
        with self._alone():
            held = self._find(case.id).save(case, lease)
            self._keep(held)
        return held.case

    def all(self) -> tuple[Case, ...]:
        cases = (Held.model_validate_json(file.read_bytes()).case for file in self._folder.glob("*.json"))
        return tuple(sorted(cases, key=lambda case: case.opened, reverse=True))

    def take(self, case_id: str, owner: str) -> Lease | None:
        with self._alone():
            taken = self._find(case_id).take(owner, self._clock.now())
            if taken is None:
                return None
            self._keep(taken[0])
            return taken[1]

    def renew(self, lease: Lease) -> Lease:
        with self._alone():
            held, renewed = self._find(lease.case).renew(lease, self._clock.now())
            self._keep(held)
        return renewed

    def give_back(self, lease: Lease) -> None:
        with self._alone():
            self._keep(self._find(lease.case).give_back(lease))

    def remember(self, request_ids: Sequence[str]) -> None:
        with self._alone(), (self._folder / "calls").open("a", encoding="utf-8") as calls:
            calls.writelines(f"{i}\n" for i in request_ids)

    def remembered(self, request_ids: Collection[str]) -> frozenset[str]:
        try:
            return frozenset(request_ids).intersection((self._folder / "calls").read_text(encoding="utf-8").splitlines())
        except FileNotFoundError:
            return frozenset()

    def paused(self) -> bool:
        try:
            return Stop.model_validate_json(self._stop.read_bytes()).on
        except FileNotFoundError:
            return False

    def pause(self, by: str) -> None:
        self._say(Stop(on=True, by=by, at=self._clock.now()))

    def resume(self, by: str) -> None:
        self._say(Stop(on=False, by=by, at=self._clock.now()))

    def _say(self, stop: Stop) -> None:
        with self._alone():
            replace(self._stop, stop.model_dump_json().encode())

    @property
    def _stop(self) -> Path:
        return self._folder / "stop"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        make_folder(self._folder)
        with locked(self._folder):
            yield

    def _find(self, case_id: str) -> Held:
        try:
            return Held.model_validate_json(self._file(case_id).read_bytes())
        except FileNotFoundError:
            raise Absent(f"there is no case {case_id}") from None

    def _keep(self, held: Held) -> None:
        replace(self._file(held.case.id), held.model_dump_json().encode())

    def _file(self, case_id: str) -> Path:
        return self._folder / f"{checked(case_id)}.json"
