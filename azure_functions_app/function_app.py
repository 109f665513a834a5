"""The function app: triggers, and nothing but triggers (Azure Functions, Python v2 programming model).

Every HTTP function lies behind App Service authentication; function keys, which are secrets that many know, open nothing.
"""

import asyncio
import logging
import os
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Dict, List  # noqa: UP035  # the worker refuses `list[...]` and `dict[...]` in annotations

import azure.durable_functions as df
import azure.functions as func
from pydantic import ValidationError

from azure_functions_app import callers, envelopes, environment, errands, orchestrator, receiving, stage, sweep, web
from azure_functions_app.receiving import Desk
from azure_functions_app.workflows import Workflows
from shared.domain.errors import CodeblueError
from shared.workflow import acknowledging
from shared.workflow.answering import Decision, decided
from shared.workflow.visiting import visit

RETRIES = 8

for library in ("azure.core", "azure.identity"):
    logging.getLogger(library).setLevel(logging.WARNING)  # else every request of ours is in the log, with its address

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


async def _desk(client: df.DurableOrchestrationClient) -> Desk:
    return Desk(await asyncio.to_thread(environment.ready), environment.judge, Workflows(client))


def _caller(req: func.HttpRequest) -> callers.Caller:
    return callers.caller(req.headers, os.environ, environment.settings(), datetime.now(UTC))


def _approver(req: func.HttpRequest) -> callers.Caller:
    who = _caller(req)
    callers.may_decide(who, environment.settings().approvers)
    return who


@app.route(route="alert", methods=["POST"])
@app.durable_client_input(client_name="client")
async def alert(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """An action group's, a playbook's or a webhook's alert."""
    try:
        callers.may_send(_caller(req), environment.settings().senders)
        given = receiving.posted(req)
        return web.answer(HTTPStatus.ACCEPTED, cases=await receiving.accept(given, await _desk(client)))
    except CodeblueError as why:
        return web.refusal(why)


@app.route(route="decide", methods=["POST"])
@app.durable_client_input(client_name="client")
async def decide(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """A person approves or refuses exactly what a case asks. On record first; then the workflow is woken."""
    try:
        who = _approver(req)
        order = Decision.model_validate_json(receiving.body_of(req))
        case = await asyncio.to_thread(lambda: decided(order, who.id, environment.ready()))
        await Workflows(client).nudge(case.id)
    except (CodeblueError, ValidationError) as why:
        return web.refusal(why, "{case, digest, granted}")
    return web.answer(HTTPStatus.OK, message=f"case {case.id}: {'approved' if order.granted else 'refused'} by {who.id}")


@app.route(route="acknowledge", methods=["POST"])
async def acknowledge(req: func.HttpRequest) -> func.HttpResponse:
    """A person takes the page of a case: on record, and nobody else is called. It decides nothing, so no workflow is woken."""
    try:
        who, raw = _approver(req), receiving.body_of(req)
        taken = await asyncio.to_thread(lambda: errands.acknowledge(raw, who.id, environment.ready()))
    except (CodeblueError, ValidationError) as why:
        return web.refusal(why, errands.PAGE)
    return web.answer(HTTPStatus.OK, **taken)


@app.route(route="handover", methods=["POST"])
async def handover(req: func.HttpRequest) -> func.HttpResponse:
    """What the next person on call has to know: cases are of people, so it is for whoever may decide about them."""
    try:
        _approver(req)
        raw = receiving.body_of(req)
        told = await asyncio.to_thread(lambda: errands.handover(raw, environment.ready()))
    except (CodeblueError, ValidationError) as why:
        return web.refusal(why, errands.SHIFT)
    return web.answer(HTTPStatus.OK, **told)


@app.event_grid_trigger(arg_name="event")
@app.durable_client_input(client_name="client")
async def on_event_grid(event: func.EventGridEvent, client: df.DurableOrchestrationClient) -> None:
    """One event of Event Grid's, in either schema. What fails is delivered again for a day, and then laid aside."""
    await receiving.unpack([envelopes.from_grid(event)], await _desk(client), last=False)


@app.event_hub_message_trigger(
    arg_name="events",
    event_hub_name="%EVENTS_HUB%",
    connection="EVENTS",
    consumer_group="codeblue",
    cardinality="many",
    data_type="binary",
)
@app.durable_client_input(client_name="client")
@app.retry(strategy="exponential_backoff", max_retry_count=str(RETRIES), minimum_interval="00:00:02", maximum_interval="00:05:00")
async def on_event_hub(
    events: List[func.EventHubEvent],  # noqa: UP006  # the same
    client: df.DurableOrchestrationClient,
    context: func.Context,
) -> None:
    """A batch of an Event Hub's: Defender's export, diagnostic settings. The same batch comes again until `RETRIES` are used up."""
    parcels = [envelopes.from_hub(event) for event in events]
    await receiving.unpack(parcels, await _desk(client), last=context.retry_context.retry_count >= RETRIES)


@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *", use_monitor=True)
@app.durable_client_input(client_name="client")
async def revive(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """No open case is without a workflow, and no open page without the next level of the call list."""
    del timer
    deps = await asyncio.to_thread(environment.ready)
    try:
        await sweep.revive(deps, Workflows(client))
    finally:  # whoever can begin no workflow calls people all the same
        await asyncio.to_thread(acknowledging.look, deps)


@app.timer_trigger(arg_name="timer", schedule="0 0 6 * * *", use_monitor=True)
async def doctor(timer: func.TimerRequest) -> None:
    """Once a day, whether a response would work tonight; people are paged about what is not well. It only looks."""
    del timer
    await asyncio.to_thread(lambda: visit(environment.looked_at(), environment.people()))


@app.orchestration_trigger(context_name="context", orchestration=orchestrator.NAME)
def respond(context: df.DurableOrchestrationContext) -> Any:  # noqa: ANN401  # a generator that the SDK drives
    """One case from its first stage to its last."""
    return orchestrator.respond(context)


@app.activity_trigger(input_name="task")
def run_stage(task: Dict[str, object]) -> Dict[str, object]:  # noqa: UP006  # the same
    """One stage of one case."""
    return stage.run_stage(task, environment.ready())


@app.activity_trigger(input_name="part")
def move_part(part: Dict[str, object]) -> bool:  # noqa: UP006  # the same
    """One part of a migration."""
    return stage.move_part(part, environment.ready())


@app.activity_trigger(input_name="task")
def give_way(task: Dict[str, object]) -> Dict[str, object]:  # noqa: UP006  # the same
    """What follows when a stage could not be run."""
    return stage.give_way(task, environment.ready().notifier)
