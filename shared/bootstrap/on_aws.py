"""What whoever responds on AWS asks for with the first call, imported beforehand: adapters, the SDK, what that knows of services.

`bootstrap` imports an adapter when it is asked for. Of a process of which an image is kept before its first call (Lambda SnapStart)
the image has all this, and it costs the call nothing.
"""

from importlib import import_module

from shared.adapters.aws.clients import NEEDED
from shared.adapters.aws.sessions import described

ADAPTERS = tuple(
    import_module(f"shared.adapters.aws.{name}")
    for name in ("cases", "custody_places", "directory", "identities", "keyring", "links", "notifier", "signer", "sinks", "world")
)

described("sts", *NEEDED)
