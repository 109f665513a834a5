"""What it costs: every resource has its price, and the README says what the templates come to."""

import pytest

from infra_cdk.prices import AS_OF, TRANSITION, UNPRICED, estimate, total
from tests.conftest import ROOT
from tests.hospital import Hospital
from tests.infra.conftest import Assembly
from tests.infra.test_graph_runs import Machine, opened


def test_the_readme_says_what_the_templates_come_to(assembly: Assembly) -> None:
    items = list(estimate(assembly.templates.values()))
    readme = (ROOT / "README.md").read_text()
    missing = [item.line for item in (*items, total(items)) if item.line not in readme]
    assert not missing, "README, What it costs"
    assert AS_OF.partition(",")[0] in readme


def test_a_resource_that_nobody_has_priced_is_named() -> None:
    with pytest.raises(ValueError, match="AWS::EC2::NatGateway"):
        list(estimate([{"Resources": {"Gate": {"Type": "AWS::EC2::NatGateway"}}}]))


def test_more_accounts_cost_nothing_more(assembly: Assembly) -> None:
    alone = {name: template for name, template in assembly.templates.items() if "Spoke" not in name and "Forwarding" not in name}
    without, every = (list(estimate(templates)) for templates in (alone.values(), assembly.templates.values()))
    assert without[1:] == every[1:]
    assert every[0].many - without[0].many == 1, "the key of rehearsals lies where they are"


def test_no_kind_without_a_price_is_listed_in_vain(assembly: Assembly) -> None:
    kinds = {each["Type"] for template in assembly.templates.values() for each in template["Resources"].values()}
    assert not UNPRICED.keys() - kinds


def test_a_case_is_under_a_cent(hospital: Hospital) -> None:
    machine = Machine(hospital.worker())
    machine.execute(opened(machine.deps))
    assert 50 < len(machine.went) < 100
    assert len(machine.went) * TRANSITION < 0.01
