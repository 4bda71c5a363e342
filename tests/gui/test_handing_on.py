"""Files in by every door, readings out by every door."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog

from viewer.ui.card_dialog import CardDialog
from viewer.ui.entry import State
from viewer.ui.shortcuts_dialog import ShortcutsDialog

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def _drop(window, data: QMimeData) -> None:
    at, buttons, none = QPoint(300, 300), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, data, buttons, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(at), Qt.DropAction.CopyAction, data, buttons, none))


@pytest.mark.usefixtures("tiny_models")
def test_dropped_folders_and_pasted_pictures_are_opened(drive: Callable, film: Callable, tmp_path: Path) -> None:
    path = film("dropped/film.dcm") if (tmp_path / "dropped").mkdir() is None else None

    def script(gui) -> Iterator[Callable]:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path.parent))])
        _drop(gui.window, data)
        yield gui.finished
        assert [e.item.path for e in gui.entries] == [path]
        picture = QImage(120, 90, QImage.Format.Format_RGB32)
        picture.fill(QColor(10, 200, 30))
        QGuiApplication.clipboard().setImage(picture)
        gui.key("v", CTRL)
        yield lambda: len(gui.entries) == 2 and gui.finished()
        pasted = gui.entries[1]
        assert pasted.study.image.pixels.shape == (90, 120, 3)
        assert pasted.study.image.pixels[5, 5].tolist() == [10, 200, 30]
        assert pasted.title.startswith("Pasted picture")
        QGuiApplication.clipboard().setText("neither")
        gui.key("v", CTRL)
        assert "clipboard" in gui.window.foot.words.text()
        gui.key("w", CTRL | SHIFT)
        assert gui.entries == []

    assert drive([], script) == 0


@pytest.mark.usefixtures("no_models")
def test_the_open_dialog_opens_what_is_chosen(drive: Callable, film: Callable) -> None:
    path = film()

    def script(gui) -> Iterator[Callable]:
        gui.key("o", CTRL)
        yield lambda: gui.dialog(QFileDialog)
        dialog = gui.dialog(QFileDialog)
        dialog.filesSelected.emit([str(path)])
        dialog.reject()
        yield gui.finished
        assert gui.current.state is State.ABSTAINED
        assert "No installed model reads a chest X-ray" in gui.window.worklist.model.lines(gui.current)[1]

    assert drive([], script) == 0


@pytest.mark.usefixtures("tiny_models")
def test_a_reading_is_copied_and_saved_as_pdf_json_and_picture(drive: Callable, film: Callable, tmp_path: Path) -> None:
    def save(gui, action: str, name: str) -> Iterator[Callable]:
        gui.window.actions_[action].trigger()
        yield lambda: gui.dialog(QFileDialog)
        dialog = gui.dialog(QFileDialog)
        dialog.filesSelected.emit([str(tmp_path / name)])
        dialog.reject()
        yield (tmp_path / name).exists
        yield lambda: name in gui.window.foot.words.text()

    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        gui.key("c", CTRL)
        text = QGuiApplication.clipboard().text()
        assert "Doe^Jane" in text or "Doe Jane" in text
        assert "Effusion: probability" in text
        assert "Research use, not a medical device" in text
        gui.key(Qt.Key.Key_F8)
        gui.key("c", CTRL)
        assert "Doe" not in QGuiApplication.clipboard().text()
        assert "film" not in gui.window.windowTitle(), "a file's name may be a patient's"
        gui.screenshot("identity-hidden")
        yield from save(gui, "save_pdf", "hidden.pdf")
        gui.window.actions_["identity"].trigger()
        yield from save(gui, "save_pdf", "named.pdf")
        yield from save(gui, "save_json", "reading.json")
        yield from save(gui, "save_picture", "view.png")
        gui.window.actions_["copy_picture"].trigger()
        assert QGuiApplication.clipboard().image().width() > 300

    assert drive([film()], script) == 0
    assert (tmp_path / "hidden.pdf").read_bytes()[:5] == b"%PDF-"
    assert _pdf_text(tmp_path / "named.pdf").count("Doe") >= 1
    assert "Doe" not in _pdf_text(tmp_path / "hidden.pdf")
    assert json.loads((tmp_path / "reading.json").read_text())["schema"] == "leadlight.reading/1"
    assert QImage(str(tmp_path / "view.png")).width() > 300


def _pdf_text(path: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


@pytest.mark.usefixtures("tiny_models")
def test_the_pages_are_printed_as_the_report_lays_them_out(drive: Callable, film: Callable, tmp_path: Path) -> None:
    from PySide6.QtPrintSupport import QPrinter

    from viewer.ui import output

    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        entry = gui.current
        pages = output.report_pages(entry.study, entry.reading, identified=True)
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setResolution(150)
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(tmp_path / "paper.pdf"))
        output.print_pages(pages, printer)
        yield lambda: True

    assert drive([film()], script) == 0
    import pypdfium2

    document = pypdfium2.PdfDocument(tmp_path / "paper.pdf")
    picture = document[0].render(scale=1).to_numpy()
    assert len(document) >= 1
    assert 0.01 < (picture < 128).mean() < 0.9, "something is on the paper"
    document.close()


@pytest.mark.usefixtures("tiny_models")
def test_the_card_and_the_shortcuts_are_a_key_away(drive: Callable, film: Callable) -> None:
    def script(gui) -> Iterator[Callable]:
        yield gui.finished
        gui.key(Qt.Key.Key_F1)
        yield lambda: gui.dialog(ShortcutsDialog)
        text = gui.dialog(ShortcutsDialog).text.toPlainText()
        own = [a.text() for actions in gui.view.action_groups().values() for a in actions]
        assert [words for words in own if words not in text] == [], "the view's own keys are in the table"
        assert "Ctrl+O" in text
        assert gui.dialog(ShortcutsDialog).grab().save(_shot("shortcuts"))
        gui.key(Qt.Key.Key_Escape, on=gui.dialog(ShortcutsDialog))
        yield lambda: gui.dialog(ShortcutsDialog) is None
        gui.window.activateWindow()  # off screen there is no window manager to do so
        yield gui.has_window
        gui.key("i", CTRL)
        yield lambda: gui.dialog(CardDialog)
        text = gui.dialog(CardDialog).text.toPlainText()
        for words in (
            "not validated clinically",
            "It was never trained.",
            "AUC",
            "0.450 – 0.550",
            "faithful",
            "Licence",
        ):
            assert words in text, words
        assert gui.dialog(CardDialog).grab().save(_shot("card"))
        gui.dialog(CardDialog).reject()
        yield lambda: gui.dialog(CardDialog) is None

    assert drive([film()], script) == 0


def _shot(name: str) -> str:
    folder = Path(__file__).parents[2] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder / f"{name}.png")
