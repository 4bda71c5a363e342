"""Files in, readings out: the dialogs, the clipboard, the printer."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

from viewer.reading.values import Reading
from viewer.study import Study
from viewer.ui import output
from viewer.ui.text import research_use, tr

if TYPE_CHECKING:
    from viewer.ui.window import MainWindow


class HandingOn:
    """What the File menu does for the window. Dialogs are never waited for: they answer by signal."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    # in

    def ask_files(self) -> None:
        """Ask which files to open."""
        dialog = QFileDialog(self._window, tr("Open studies"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self._window.open_paths([Path(n) for n in names]))
        self._open(dialog)

    def ask_folder(self) -> None:
        """Ask which folder to open."""
        dialog = QFileDialog(self._window, tr("Open folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.filesSelected.connect(lambda names: self._window.open_paths([Path(n) for n in names]))
        self._open(dialog)

    def paste(self) -> None:
        """Open what is on the clipboard: files, or a picture."""
        if not self.take(QGuiApplication.clipboard().mimeData()):
            self._window.foot.say(tr("The clipboard holds neither a picture nor files; copy one and paste again."))

    def take(self, data: QMimeData) -> bool:
        """Open dropped or pasted files or a picture; return whether there were any."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self._window.open_paths(paths)
            return True
        picture = QImage(data.imageData()) if data.hasImage() else QImage()
        if picture.isNull():
            return False
        self._window.desk.add_made(lambda: _study_of(picture))
        return True

    # out

    def copy_reading(self) -> None:
        """Put the reading on the clipboard as text."""
        if (both := self._read()) is not None:
            text = output.reading_text(*both, identified=self._window.identity_visible)
            QGuiApplication.clipboard().setText(text)
            self._window.foot.say(tr("The reading was copied."))

    def copy_picture(self) -> None:
        """Put what is shown on the clipboard."""
        view = self._window.stage.focused
        if view is not None:
            QGuiApplication.clipboard().setImage(view.picture())
            self._window.foot.say(tr("The picture was copied."))

    def save_pdf(self) -> None:
        """Ask where to, and write the reading as PDF."""
        if (both := self._read()) is not None:
            shown = self._window.identity_visible
            self._save("pdf", tr("Save reading as PDF"), lambda path: output.write_report(*both, path, shown))

    def save_json(self) -> None:
        """Ask where to, and write the reading as JSON."""
        if (both := self._read()) is not None:
            self._save("json", tr("Save reading as JSON"), lambda path: output.write_json(both[1], path))

    def save_picture(self) -> None:
        """Ask where to, and write what is shown as PNG."""
        view = self._window.stage.focused
        if view is not None:
            picture = view.picture()
            self._save("png", tr("Save picture"), lambda path: output.write_image(picture, path))

    def print_reading(self) -> None:
        """Lay out the reading, then ask for a printer."""
        if (both := self._read()) is None:
            return
        shown = self._window.identity_visible

        def ask(pages: list[QImage]) -> None:
            from PySide6.QtPrintSupport import QPrintDialog, QPrinter

            printer = QPrinter(QPrinter.PrinterMode.HighResolution)
            printer.setResolution(300)
            dialog = QPrintDialog(printer, self._window)
            dialog.accepted.connect(lambda: output.print_pages(pages, printer))
            self._open(dialog)

        self._window.desk.task(
            tr("Laying out the pages"), lambda _progress: output.report_pages(*both, identified=shown), ask
        )

    # said

    def show_card(self) -> None:
        """Show the card of the model that read the study."""
        from viewer.ui.card_dialog import CardDialog

        reading = self._window.current and self._window.current.shown_reading
        cards = {c.id: c for c in self._window.desk.cards}
        card = cards.get(reading.model.id) if reading and reading.model else None
        if card is not None:
            self._open(CardDialog(card, self._window))

    def show_shortcuts(self) -> None:
        """Show every action and its keys."""
        from viewer.ui.shortcuts_dialog import ShortcutsDialog

        view = self._window.stage.view
        gestures = view.gestures() if view is not None else []
        self._open(ShortcutsDialog(self._window.action_groups(), self._window, gestures))

    def show_about(self) -> None:
        """Say what this is, and what not."""
        words = tr(
            "Leadlight shows what trained networks read in needle EMG, 12-lead ECGs and chest X-rays, and how far to "
            "trust it. It runs on this machine and sends nothing anywhere."
        )
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("About Leadlight"))
        box.setText(f"<b>Leadlight</b><p>{words}</p><p>{research_use()}.</p>")
        self._open(box)

    def _read(self) -> tuple[Study, Reading] | None:
        entry = self._window.current
        reading = entry.shown_reading if entry is not None else None
        return (entry.study, reading) if entry is not None and entry.study is not None and reading is not None else None

    def _save(self, ending: str, title: str, write: Callable[[Path], None]) -> None:
        entry, window = self._window.current, self._window
        dialog = QFileDialog(window, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        named = entry is not None and entry.item is not None and window.identity_visible
        number = entry.number if entry is not None else 1
        dialog.selectFile(f"{entry.item.path.stem}.{ending}" if named else f"study-{number}.{ending}")  # type: ignore[union-attr]

        def save(names: list[str]) -> None:
            path = Path(names[0])
            window.desk.task(title, lambda _progress: write(path), lambda _done: window.foot.say(_saved(path)))

        dialog.filesSelected.connect(save)
        self._open(dialog)

    def _open(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


def _saved(path: Path) -> str:
    return tr("Saved as {0}.").format(path)


def _study_of(picture: QImage) -> Study:
    """Return a pasted picture as a study (called in the lane of files)."""
    import numpy as np

    from viewer.formats import study_from_array

    grey = picture.isGrayscale()
    form = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    same = picture.convertToFormat(form)
    planes = 1 if grey else 3
    rows = np.frombuffer(same.constBits(), np.uint8).reshape(same.height(), same.bytesPerLine())
    pixels = rows[:, : same.width() * planes].reshape(same.height(), same.width(), planes).copy()
    return study_from_array(pixels[..., 0].copy() if grey else pixels, tr("Pasted picture"))
