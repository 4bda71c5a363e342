"""The foot of the window: what is told is not wiped by what happens to run next."""

from viewer.ui.status import Foot


def test_a_warning_outlives_the_next_job(qtbot) -> None:
    foot = Foot()
    qtbot.addWidget(foot)
    foot.say("The last session could not be read.")
    foot.show_running("Looking for models", "", 0.0, 0)
    assert foot.words.text() == "The last session could not be read. · Looking for models"
    foot.show_idle()
    assert foot.words.text() == "The last session could not be read."
    foot.show_running("film.dcm", "reading", 0.5, 2)
    foot._forget.timeout.emit()
    assert foot.words.text() == "film.dcm · reading · 2 more waiting"
    foot.show_idle()
    assert foot.words.text() == ""
