"""What the machine must have before a window can open: checked first, and said in one sentence with what to install."""

import ctypes
import os
import sys

BASE = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
}
X11 = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
HEADLESS = ("offscreen", "minimal", "vnc")


def has_display() -> bool:
    """Return whether there is a screen to open a window on."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in HEADLESS:
        return True
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def missing_packages(on_screen: bool = True) -> list[str]:
    """Return the Debian packages of the system libraries that Qt needs and that are not there (Linux; else none)."""
    if sys.platform != "linux":
        return []
    wanted = BASE | (X11 if on_screen and os.environ.get("DISPLAY") else {})
    return [package for library, package in wanted.items() if not _loads(library)]


def trouble(on_screen: bool = True) -> str:
    """Return what keeps the window from opening, in one sentence with what to do, or an empty string."""
    headless = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in HEADLESS
    if on_screen and not has_display():
        return (
            "There is no display to open a window on; "
            "`leadlight demo --screenshots DIR` draws the views to files, `leadlight read FILE` reads without a window."
        )
    missing = missing_packages(on_screen and not headless)
    if missing:
        return (
            f"System libraries that Qt needs are missing; install them with: sudo apt-get install {' '.join(missing)}"
        )
    return ""


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sentence = trouble(on_screen=has_display())
    if sentence:
        sys.exit(sentence)
