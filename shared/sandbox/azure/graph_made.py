"""Graph's new objects: users, applications, their service principals."""

import uuid

from shared.sandbox.azure import graph_apps, graph_users
from shared.sandbox.azure.directory import Application, ServicePrincipal
from shared.sandbox.azure.graph_ask import Ask, Route
from shared.sandbox.azure.wire import Answer, Problem


def _user(ask: Ask) -> Answer:
    asked, directory = ask.body(), ask.cloud.entra.directory
    if missing := {"accountEnabled", "displayName", "userPrincipalName", "passwordProfile"} - set(asked):
        raise Problem(400, "Request_BadRequest", f"A value is required for property '{min(missing)}' of resource 'User'.")
    if directory.user_of(asked["userPrincipalName"]):
        text = "Another object with the same value for property userPrincipalName already exists."
        raise Problem(400, "Request_BadRequest", text)
    made = directory.add_user(asked["userPrincipalName"], asked["passwordProfile"]["password"])
    made.name, made.enabled, made.created = asked["displayName"], asked["accountEnabled"], ask.now
    ask.audit("Add user", made.id, "User", AccountEnabled=([], [made.enabled]))
    return Answer.of(201, graph_users.shown(made))


def _application(ask: Ask) -> Answer:
    """A registration alone: what works in the tenant is its service principal, which is made apart."""
    made = Application(str(uuid.uuid4()), str(uuid.uuid4()), ask.body()["displayName"], created=ask.now)
    ask.cloud.entra.directory.applications[made.id] = made
    ask.audit("Add application", made.id, "Application", AppId=([], [made.app_id]))
    return Answer.of(201, graph_apps.shown(made))


def _principal(ask: Ask) -> Answer:
    directory, app_id = ask.cloud.entra.directory, ask.body().get("appId", "")
    application = directory.application_of(app_id)
    if application is None:
        text = f"The appId '{app_id}' of the service principal does not reference a valid application object."
        raise Problem(400, "Request_BadRequest", text)
    if directory.principal_of(app_id):
        text = "The service principal cannot be created, updated, or restored because the name is already in use."
        raise Problem(409, "Request_MultipleObjectsWithSameKeyValue", text)
    made = ServicePrincipal(str(uuid.uuid4()), app_id, application.name, created=ask.now)
    directory.principals[made.id] = made
    ask.audit("Add service principal", made.id, "ServicePrincipal", AppPrincipalId=([], [app_id]))
    return Answer.of(201, graph_apps.shown(made))


ROUTES = (
    Route("POST", "users", ("User.ReadWrite.All", "Directory.ReadWrite.All"), _user),
    Route("POST", "applications", graph_apps.WRITE, _application),
    Route("POST", "servicePrincipals", graph_apps.WRITE, _principal),
)
