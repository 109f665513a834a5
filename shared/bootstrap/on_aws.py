"""What whoever responds on AWS asks for with the first call, imported beforehand: adapters, the SDK, what that knows of services.

`bootstrap` imports an adapter when it is asked for. Of a process of which an image is kept before its first call (Lambda SnapStart)
the image has all this, and it costs the call nothing.
"""

from shared.adapters.aws import (
    cases,
    clients,
    custody_places,
    directory,
    identities,
    job_names,
    keyring,
    links,
    notifier,
    sessions,
    signer,
    sinks,
    world,
)

ADAPTERS = (
    cases,
    clients,
    custody_places,
    directory,
    identities,
    job_names,
    keyring,
    links,
    notifier,
    signer,
    sinks,
    world,
)

sessions.described("sts", *clients.NEEDED)
