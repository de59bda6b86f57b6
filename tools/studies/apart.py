"""Files of claims, loaded apart: Hypothesis takes the settings of a test once."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from lstm_spec import catalog


def load(file: str, owner: str) -> ModuleType:
    """Load a file of claims once more, so that its tests share no settings with those of others.

    Args:
        file: its path in the folder of the claims.
        owner: who asks for it; the module is called after it.
    """
    name = f"lstm_spec.{owner}.{file.removesuffix('.py').replace('/', '_')}"
    spec = importlib.util.spec_from_file_location(name, catalog.CLAIMS / file)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
