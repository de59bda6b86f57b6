"""The backends of Keras. The command line names them without importing what reads requirements."""

from __future__ import annotations

from typing import Literal

Backend = Literal["tensorflow", "jax", "torch", "numpy", "openvino"]

NEEDED = {
    "tensorflow": ("tensorflow",),
    "jax": ("keras", "jax"),
    "torch": ("keras", "torch"),
    "numpy": ("keras", "jax", "scipy"),
    "openvino": ("keras", "openvino", "scipy"),
}
"""What each backend needs, much of it undeclared by Keras."""
