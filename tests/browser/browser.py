"""A real Chromium without a window, and what it says of a page."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


class Browser:
    """One page at a time."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def look(self, width: int, height: int, scheme: str = "light") -> None:
        """What the screen is like from now on."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def open(self, page: Path | str) -> None:
        self.driver.get(page if isinstance(page, str) else page.as_uri())
        self.settle()

    def settle(self) -> None:
        """Return when what was to be drawn is drawn."""
        wait = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
        self.driver.execute_async_script(wait)

    def number(self, script: str) -> float:
        return float(self.driver.execute_script(f"return {script}"))

    def text(self, script: str) -> str:
        return str(self.driver.execute_script(f"return {script}"))

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def table(self, section: str) -> list[dict[str, str]]:
        """The rows that are shown, by the texts of the headings."""
        script = (
            "return JSON.stringify((() => { const table = document.querySelector(arguments[0]);"
            "const heads = [...table.querySelectorAll('th')].map((head) => head.textContent);"
            "return [...table.querySelectorAll('tbody tr')].map((row) => Object.fromEntries("
            "[...row.children].map((cell, index) => [heads[index], cell.textContent]))); })())"
        ).replace("arguments[0]", json.dumps(f"#{section} table"))
        rows: list[dict[str, str]] = json.loads(str(self.driver.execute_script(script)))
        return rows

    def problems(self) -> list[str]:
        """What the console has: errors, and what the policy stopped."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def requested(self) -> list[str]:
        """The addresses of all that was asked for, since the start or the last call."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(str(entry["message"]))["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(str(message["params"]["request"]["url"]))
        return found


@contextmanager
def browser_running() -> Iterator[Browser]:
    with tempfile.TemporaryDirectory(prefix="tcpkit-browser-") as folder:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (*_QUIET, f"--user-data-dir={folder}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        try:
            yield Browser(driver)
        finally:
            driver.quit()
