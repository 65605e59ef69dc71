"""What a learner does in JupyterLab, for tests to say in one line."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

PATIENCE_MS = 60_000
COUNTS = """[...jupyterapp.shell.currentWidget.content.model.cells]
    .filter(cell => cell.type === "code" && cell.sharedModel.getSource().trim())
    .map(cell => cell.executionCount || 0)"""


class JupyterLabPage:
    """One open JupyterLab."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.mistakes: list[str] = []
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))

    def open(self, path: str) -> None:
        """Open a notebook and wait for its kernel."""
        self.page.goto(f"{self.address}/lab/tree/{path}?reset", timeout=PATIENCE_MS)
        self.wait_until_idle()
        self.page.keyboard.press("Control+b")  # the file browser goes: more room for the notebook

    def wait_until_idle(self) -> None:
        """Until the status bar says that the kernel has nothing to do."""
        self.page.locator("#jp-main-statusbar", has_text="Idle").wait_for(timeout=PATIENCE_MS)

    def run_all(self) -> None:
        """Run > Run All Cells, to the end: each cell has a higher number than all had before."""
        before = self.page.evaluate(f"Math.max(0, ...{COUNTS})")
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.page.wait_for_function(
            f"before => {COUNTS}.every(count => count > before)", arg=before, timeout=PATIENCE_MS
        )
        self.wait_until_idle()

    def cell(self, text: str) -> Locator:
        """The code cell whose source holds this text, scrolled to: JupyterLab only draws the cells in sight."""
        cell = self.page.locator(".jp-CodeCell", has=self.page.locator(".cm-content", has_text=text)).first
        pane = self.page.locator(".jp-WindowedPanel-outer").first
        for top in range(0, pane.evaluate("pane => pane.scrollHeight"), 400):
            pane.evaluate("(pane, top) => pane.scrollTo(0, top)", top)
            self.page.wait_for_timeout(100)
            if cell.is_visible():
                break
        cell.scroll_into_view_if_needed()
        return cell
