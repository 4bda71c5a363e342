"""The one table of actions: complete, and no key means two things."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtGui import QKeySequence

from viewer.study import Image, Kind, KindFrom, Source, Study, Waveform
from viewer.ui.app import dispose
from viewer.ui.window import MainWindow


def _studies() -> list[Study]:
    from pathlib import Path

    source = Source(Path("x"), "0" * 64, "png")
    leads = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    t = np.arange(5000) / 500
    ecg = Waveform(np.tile(np.sin(2 * np.pi * t), (12, 1)).astype(np.float32), 500.0, leads, ("mV",) * 12)
    emg = Waveform(np.sin(2 * np.pi * 50 * t)[None].astype(np.float32), 500.0, ("EMG",), ("uV",))
    picture = Image(np.zeros((64, 64), np.uint8))
    return [
        Study(source, Kind.CHEST_XRAY, KindFrom.FILE, picture),
        Study(source, Kind.ECG_TRACE, KindFrom.FILE, ecg),
        Study(source, Kind.EMG_TRACE, KindFrom.FILE, emg),
    ]


def test_no_key_means_two_things_in_any_view(desk: Any) -> None:
    from viewer.ui.views import view_for

    window = MainWindow(desk, remember=False)
    try:
        everywhere = [a for name, a in window.actions_.items() if name != "whole"]
        for study in _studies():
            view = view_for(study)
            own = list(dict.fromkeys(a for group in view.action_groups().values() for a in group))
            keys = Counter(k.toString() for a in (*everywhere, *own) for k in a.shortcuts() if not k.isEmpty())
            view.deleteLater()
            assert [k for k, n in keys.items() if n > 1] == [], study.kind
            assert "Esc" in {k.toString() for a in own for k in a.shortcuts()}, "Escape leads back from a region"
    finally:
        dispose(window)


def test_every_menu_entry_is_in_the_table_and_in_f1(desk: Any) -> None:
    from viewer.ui.shortcuts_dialog import ShortcutsDialog

    window = MainWindow(desk, remember=False)
    dialog = ShortcutsDialog(window.action_groups())
    try:
        text = dialog.text.toPlainText()
        for action in window.actions_.values():
            assert action.text() in text
        for keys in ("Ctrl+O", "F8", "9", "Esc"):
            assert QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) in text
        dialog.search.setText("model card")
        assert "Model card" in dialog.text.toPlainText()
        assert "Print" not in dialog.text.toPlainText()
    finally:
        dispose(dialog)
        dispose(window)


def test_number_keys_switch_classes(desk: Any, until: Callable) -> None:
    from pathlib import Path

    from viewer.formats import Item

    window = MainWindow(desk, remember=False)
    try:
        desk.add_items([Item(Path("a.png"))])
        until(lambda: window.panel.rows)
        window.actions_["class_2"].trigger()
        assert desk.selected.label == "Mass"
        window.actions_["class_2"].trigger()
        assert desk.selected.label == "", "the person wants none"
        window.actions_["class_9"].trigger()
        assert desk.selected.label == "", "there are only three classes"
    finally:
        dispose(window)


def test_f1_tells_what_the_mouse_does_in_the_shown_study(desk: Any) -> None:
    from viewer.ui.shortcuts_dialog import ShortcutsDialog
    from viewer.ui.views import view_for

    for study, said in zip(_studies(), ("Zoom at the pointer", "Drag a caliper's end", "Sensitivity"), strict=True):
        view = view_for(study)
        dialog = ShortcutsDialog(view.action_groups(), None, view.gestures())
        text = dialog.text.toPlainText()
        assert said in text
        assert "Hold H" in text
        dialog.search.setText("wheel")
        assert "heel" in dialog.text.toPlainText()
        dispose(dialog)
        view.deleteLater()
