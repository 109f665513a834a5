"""The secrets of cases in files that can be deleted, unlike the ledger."""

import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

from shared.adapters.local.files import make_folder, replace, write_new
from shared.custody.layout import checked
from shared.domain.errors import Absent

KEY = 32


class FileKeyring:
    """One file a case, 64 random bytes: 32 for evidence, 32 for names. An empty file is a secret that was deleted.

    `folder` must lie outside the ledger's, or whoever has the ledger has the secrets.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._secret = cache(self._read)

    def data_key(self, case: str) -> bytes:
        return self._secret(case)[:KEY]

    def name_key(self, case: str) -> bytes:
        return self._secret(case)[KEY:]

    def forget(self, case: str) -> None:
        """Delete the case's secrets for ever: its evidence and names can not be read again."""
        replace(self._file(case), b"")
        self._secret.cache_clear()

    def _read(self, case: str) -> bytes:
        file = self._file(case)
        make_folder(self._folder)
        if not file.exists():
            with suppress(FileExistsError):  # another worker was first: its secret is the secret
                write_new(file, secrets.token_bytes(2 * KEY), self._folder)
        if secret := file.read_bytes():
            return secret
        raise Absent(f"the secrets of {case} were deleted")

    def _file(self, case: str) -> Path:
        return self._folder / f"{checked(case)}.key"
