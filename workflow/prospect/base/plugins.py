"""Your own code by import path."""

import importlib

from prospect.base.errors import ProspectError


def by_import_path(path: str, key: str):
    """Import ``package.module:attribute``; `key` is the config key that names it.

    Raises ProspectError where there is no such module or attribute.
    """
    module, _, attribute = path.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ProspectError(
            f"{key}: cannot import '{path}' ({error}); want package.module:name, found from the "
            "project's root"
        ) from error
