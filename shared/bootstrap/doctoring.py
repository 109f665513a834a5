"""Whether a response would work tonight, in every cloud that the responder answers for."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from shared.adapters.local.clock import SystemClock
from shared.domain.check import Check, tried
from shared.domain.resource import Cloud
from shared.settings import Policy

from .clouds import answered
from .estates import estate
from .paging import levels
from .records import custody

if TYPE_CHECKING:
    from shared.adapters.aws.desk import Desk


def examined(policy: Policy, deployed: "Callable[[], Desk | None]", *, at_home: bool = True) -> Iterator[Check]:
    """Every check, custody's first. `deployed`: the stack that is to answer, where there is one.

    `at_home`: it is asked at a terminal. The account of our own credentials is then one of those responded for on AWS, whether the
    policy says so or not; and nobody has to be woken by alerts.
    """
    yield tried("custody is ready", "", lambda: _opened(policy), "codeblue init")
    if policy.custody.azure and not policy.custody.directory:
        yield from _kept_in_azure(policy)
    for cloud in answered(policy):
        yield from CLOUDS[cloud](policy, at_home)
    yield from levels(policy)
    if there := deployed():
        yield tried("the deployed responder answers", "", lambda: there.ask("cases"), "see its alarms")


def _opened(policy: Policy) -> None:
    """Custody, looked at part by part: its sinks, its signing key, its cases."""
    kept = custody(policy, SystemClock())
    kept.signer.public_key()
    kept.cases.paused()


def _kept_in_azure(policy: Policy) -> Iterator[Check]:
    from shared.adapters.azure import environment
    from shared.adapters.azure.custody_places import in_group
    from shared.adapters.azure.doctor import kept

    return kept(environment.clients(), in_group(policy.custody.azure))


def _in_aws(policy: Policy, at_home: bool) -> Iterator[Check]:  # noqa: FBT001  # a row of the table below
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.doctor import examined as looked_at

    clients = Clients()
    place = estate(policy, frozenset({clients.home} if at_home else ()), clients.region)
    mine = sorted(account for account in place.accounts if account.isdigit())
    buckets = [store for store in place.stores if store.cloud is Cloud.AWS]
    yield from looked_at(clients, mine, buckets, policy.responder.on_aws)


def _in_azure(policy: Policy, at_home: bool) -> Iterator[Check]:  # noqa: FBT001  # the same
    from shared.adapters.azure import environment
    from shared.adapters.azure.doctor import examined as looked_at

    signed_in = tried("we can sign in to Azure", "", environment.caller, "see what azure-identity finds in the environment")
    yield signed_in
    if signed_in.well:
        declared, rewriting = estate(policy, frozenset(), ""), policy.migration.data_keys == "new"
        me, clients = environment.caller(), environment.clients()
        yield from looked_at(clients, me, declared, policy.responder.on_azure, rewriting=rewriting, deployed=not at_home)


CLOUDS: Mapping[Cloud, Callable[[Policy, bool], Iterator[Check]]] = {Cloud.AWS: _in_aws, Cloud.AZURE: _in_azure}
