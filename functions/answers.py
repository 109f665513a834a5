"""What the decision page answers a browser: pages that nothing can run in or frame, and what went wrong in plain words."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from pydantic import ValidationError

from shared.domain.errors import Absent, BadInput, CloudError, CodeblueError, LeaseLost, NotApproved, OwnRequest, Unreachable
from shared.report.question import style_hash, told
from shared.workflow.acknowledging import Taken

from .sign_in import NotAllowed, NotSignedIn

type Answer = dict[str, object]
"""An answer to API Gateway (payload format 2.0)."""

HEADERS: Mapping[str, str] = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        f"default-src 'none'; style-src '{style_hash()}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Of every answer (OWASP Secure Headers): it comes from here, stays here, and is kept nowhere."""

NOTHING_DONE = "Nothing was decided, and nothing was changed. Fences that stand go on standing, and are swept."
PERHAPS_DONE = (
    "What stands goes on standing. What you sent may be on record already, or not: look at the case again. To send the same "
    "again does no harm: a question that was answered is not asked any more, and a page is whose it was first."
)


class Words(NamedTuple):
    """How a failure is told: the status, the title, and what to do first."""

    status: HTTPStatus
    title: str
    next: str


FAILURES: Mapping[type[Exception], Words] = {
    NotSignedIn: Words(HTTPStatus.UNAUTHORIZED, "You are not signed in", "Sign in again; it takes your second factor."),
    NotAllowed: Words(
        HTTPStatus.FORBIDDEN,
        "You may not decide here",
        "Sign in with a second factor, as somebody in a group of approvers, or wake one of them.",
    ),
    OwnRequest: Words(
        HTTPStatus.FORBIDDEN, "Somebody else has to approve this", "Wake another approver; you may refuse it yourself."
    ),
    NotApproved: Words(HTTPStatus.CONFLICT, "This is not what the case asks now", "Open the case again and read what it asks now."),
    Unreachable: Words(HTTPStatus.SERVICE_UNAVAILABLE, "Something gave no answer", "Try again in a minute."),
    LeaseLost: Words(HTTPStatus.SERVICE_UNAVAILABLE, "The case is being worked on", "Send the same again in a minute."),
    Absent: Words(HTTPStatus.NOT_FOUND, "There is nothing to open here", "Sign in to see what is asked now."),
    CloudError: Words(HTTPStatus.SERVICE_UNAVAILABLE, "The cloud did not do its part", "Try again in a minute."),
    **dict.fromkeys(
        (ValidationError, BadInput),
        Words(HTTPStatus.BAD_REQUEST, "This could not be read", "Open the case again, and decide with the buttons of its page."),
    ),
    CodeblueError: Words(HTTPStatus.INTERNAL_SERVER_ERROR, "It could not be done", "Try again; if it stays so, decide without it."),
    Exception: Words(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "This page has failed",
        "Try again; somebody is paged about it. Decide without it meanwhile.",
    ),
}
"""By what went wrong; the first row that fits."""

UNSAID = {
    True: "What was sent is not what this page sends.",
    False: "What went wrong is in the log of the function, by its kind; what it would say here could quote what was sent.",
}
"""What is told of a failure that has no words of ours, by whether it is the browser's."""

AROUND = (
    "Without this page, from an approver's own AWS session: codeblue status CASE --stack CodeblueResponder, then "
    "codeblue approve CASE --digest DIGEST --stack CodeblueResponder. It needs no sign-in here."
)


def shown(page: str, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """This page."""
    return {"statusCode": int(status), "headers": dict(HEADERS), "body": page}


def sent_to(address: str, *cookies: str) -> Answer:
    """Have the browser go there, with these cookies."""
    return {
        "statusCode": int(HTTPStatus.SEE_OTHER),
        "headers": {**HEADERS, "location": address},
        "cookies": [*cookies],
        "body": "",
    }


def failed(why: Exception, *, links: Mapping[str, str], perhaps: bool = False) -> Answer:
    """What went wrong, what is safe and what to do next. `perhaps`: a form was on its way when it went wrong."""
    words = next(words for kind, words in FAILURES.items() if isinstance(why, kind))
    happened = _sentence(str(why)) if isinstance(why, CodeblueError) else UNSAID[isinstance(why, ValidationError)]
    surely = isinstance(why, NotApproved | NotSignedIn | NotAllowed | ValidationError | BadInput)
    safe = NOTHING_DONE if surely or not perhaps else PERHAPS_DONE
    return shown(told(words.title, happened, safe, (words.next, AROUND), links), words.status)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def done(title: str, happened: str, steps: Sequence[str], links: Mapping[str, str]) -> Answer:
    """What was decided."""
    return shown(
        told(title, happened, "It is on record under your name. What stands goes on standing, and is swept.", steps, links)
    )


def had(taken: Taken, who: str, links: Mapping[str, str]) -> Answer:
    """Who has the page of a case, told to whoever (`who`) has just sent that they do."""
    title = "You have it" if taken.by == who else "Somebody has it already"
    safe = "What stands goes on standing, and is swept. Nothing was decided, and nothing happens by itself because nobody answers."
    step = "Read what it asks, and decide: it still waits for an answer." if taken.by == who else "Ask them before you decide."
    return shown(told(f"{title}: case {taken.case}", _sentence(taken.words), safe, [step], links))
