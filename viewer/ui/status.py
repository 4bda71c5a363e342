"""The foot of the window: what is running, how far it is, how to stop it, where it runs, and what this is not."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from viewer.ui.parts import words
from viewer.ui.text import research_use, tr
from viewer.ui.theme import icon

SAID_FOR_MS = 12_000


class Foot(QStatusBar):
    """Signals: ``cancel_asked()``."""

    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.words = QLabel()
        self.words.setMinimumWidth(80)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(130)
        self.bar.setAccessibleName(tr("Progress"))
        self.cancel = QToolButton()
        self.cancel.setAutoRaise(True)
        self.cancel.setText(tr("Cancel"))
        self.cancel.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.cancel.setToolTip(tr("Stop what is running (Ctrl+.)"))
        self.cancel.clicked.connect(self.cancel_asked)
        self.device = words(tr("Starting the networks"), "muted")
        notice = words(research_use(), "badge", 0.95, True)
        left = QWidget()
        row = QHBoxLayout(left)
        row.setContentsMargins(10, 3, 4, 3)
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        row.addWidget(self.words, 1)
        self.addWidget(left, 1)
        right = QWidget()
        row = QHBoxLayout(right)
        row.setContentsMargins(4, 3, 10, 3)
        row.setSpacing(14)
        row.addWidget(self.device)
        row.addWidget(notice)
        self.addPermanentWidget(right)
        self._said = self._running = ""
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.setInterval(SAID_FOR_MS)
        self._forget.timeout.connect(self._forget_said)
        self.show_idle()
        self.restyle()
        self.setFixedHeight(self.cancel.sizeHint().height() + 8)  # the study must not jump when something runs

    def show_running(self, title: str, stage: str, fraction: float, waiting: int) -> None:
        """Say what is running; ``fraction`` 0..1, where nothing is known yet 0."""
        more = tr("{0} more waiting").format(waiting) if waiting > 0 else ""
        self._running = " · ".join(filter(None, (title, stage, more)))
        self._show_words()
        self.bar.setRange(0, 0 if fraction <= 0 else 1000)
        self.bar.setValue(round(1000 * min(fraction, 1.0)))
        self.bar.show()
        self.cancel.show()

    def show_idle(self) -> None:
        """Say that nothing is running."""
        self._running = ""
        self._show_words()
        self.bar.hide()
        self.cancel.hide()

    def say(self, sentence: str) -> None:
        """Tell something for a while."""
        self._said = sentence
        self._show_words()
        self._forget.start()

    def _show_words(self) -> None:
        # What was said stays for its while, ahead of what runs: a warning must not be wiped by the next job's start
        self.words.setText(" · ".join(filter(None, (self._said, self._running))))
        self.words.setToolTip(self.words.text())

    def _forget_said(self) -> None:
        self._said = ""
        self._show_words()

    def show_device(self, device: str, reason: str) -> None:
        """Say where the networks are computed, and why there."""
        self.device.setText(tr("Computing on {0}").format(device.upper()) if device else tr("No networks"))
        self.device.setToolTip(reason)

    def restyle(self) -> None:
        """Take over the theme."""
        self.cancel.setIcon(icon("cancel"))
