"""The command line, `codeblue`: its commands are in `app`."""


def main() -> None:
    """Entry point of the `codeblue` script. A process that imports the script only to know it does not pay for the commands."""
    from .app import run

    run()
