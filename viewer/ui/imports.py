"""Imports that the window's thread hardly notices."""

import gc
import sys
from typing import Any


def leave_sources_unread() -> None:
    """Keep PySide from reading the source of every module that is imported after it.

    It looks there for its ``__feature__`` switch, which this program does not use: 20 ms when the first film is shown,
    and a third of torch's import (1,500 modules), all with the interpreter's lock in hand. Where PySide is built
    otherwise, nothing is changed.
    """
    feature: Any = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = _is_ours


def _is_ours(module: Any) -> bool:
    return module.__name__.startswith(("viewer.ui", "PySide6"))


def import_torch_gently() -> None:
    """Import torch in this thread so that the window's thread barely notices.

    Its libraries are loaded first through a foreign call, which lets go of the interpreter's lock while the linker
    works (the ``import`` statement does not), and no garbage collection walks the many new objects meanwhile.
    """
    if "torch" in sys.modules:
        return
    collecting = gc.isenabled()
    gc.disable()
    try:
        if sys.platform == "linux":
            _load_libraries()
        import torch  # noqa: F401
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _load_libraries() -> None:
    import ctypes
    import importlib.util
    from pathlib import Path

    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name in ("libtorch_global_deps.so", "libc10.so", "libtorch_cpu.so", "libtorch_python.so"):
        library = Path(spec.origin).parent / "lib" / name
        if library.is_file():
            dlopen(str(library).encode(), 0x2 | (0x100 if "global" in name else 0))  # RTLD_NOW, RTLD_GLOBAL
