"""The pictures of docs/mlflow.md: MLflow's UI on a finished study, as a person sees it in a browser.

python docs/make_screenshots.py STUDY --out docs/screenshots

Starts `python -m ablations ui STUDY` on a free port, opens each of the addresses that it prints in a headless Chromium,
waits until what the picture is about is there, moves the step slider of the samples, and writes PNGs of few colours.
Needs Chromium with its driver (Debian: chromium-driver) and `pip install -e ".[docs]"`.
"""

import argparse
import io
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

WIDTH = 1500  # px
PATIENCE_S = 60
COLOURS = 256  # of a picture: a fraction of the size, and nothing that the eye would miss
MOST_BYTES = 200_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SEEN = {  # what MLflow remembers of who has been here before
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
    "mlflow.assistant.panelOpen_v1": "false",
}


@dataclass(frozen=True)
class Screen:
    """A browser, and where its pictures go."""

    driver: Chrome
    out: Path

    def open(self, address: str, height: int, *there: str) -> None:
        """Go to an address, and wait until all of these CSS selectors find something that can be seen."""
        self.driver.set_window_size(WIDTH, height)
        self.driver.get("about:blank")  # else the page stays, and only what is behind the # changes
        self.driver.get(address)
        for selector in there:
            self.wait_for(lambda selector=selector: self.find(selector), f"{selector} at {address}")

    def find(self, selector: str) -> WebElement | None:
        """The first element of this CSS selector that can be seen."""
        return next((e for e in self.driver.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()), None)

    def text(self) -> str:
        """All that can be read on the page."""
        return str(self.driver.execute_script("return document.body.innerText"))

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Until it holds, and then until nothing on the page moves any more."""
        WebDriverWait(self.driver, PATIENCE_S, 0.3).until(lambda _: condition(), f"did not appear: {what}")
        before = b""
        while (now := self.driver.get_screenshot_as_png()) != before:
            before = now

    def take(self, name: str) -> None:
        """Write what is to be seen now."""
        picture: Image.Image = Image.open(io.BytesIO(self.driver.get_screenshot_as_png())).convert("RGB")
        path = self.out / f"{name}.png"
        content = written(picture)
        while len(content) > MOST_BYTES:
            picture = picture.resize((picture.width * 9 // 10, picture.height * 9 // 10), Image.Resampling.LANCZOS)
            content = written(picture)
        path.write_bytes(content)
        print(f"{path}: {picture.width}x{picture.height}, {path.stat().st_size / 1000:.0f} kB")


def written(picture: Image.Image) -> bytes:
    """A PNG with a palette: half of it the commonest colours as they are, half for what covers all others."""
    common = sorted(picture.getcolors(picture.width * picture.height), reverse=True)[: COLOURS // 2]
    covering = picture.quantize(COLOURS - len(common), Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for _, colour in common for value in colour] + covering)
    buffer = io.BytesIO()
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main() -> None:
    """Take all pictures of a study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", help="a study's name or folder; it must be finished")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with running_ui(arguments.study) as links, browser() as driver:
        screen = Screen(driver, arguments.out)
        base = links["curves and samples"].split("#")[0]
        driver.get(base)
        for key, value in SEEN.items():
            driver.execute_script("localStorage.setItem(arguments[0], arguments[1])", key, value)
        take_all(screen, links)


def take_all(screen: Screen, links: dict[str, str]) -> None:
    """Every picture of docs/mlflow.md."""
    experiment = links["every run"].split("/runs")[0]
    screen.open(experiment, 700, "a[href*='viewStateShareKey']")
    dismiss_tour(screen)
    screen.take("experiment")
    screen.open(f"{experiment}?workflowType=machine_learning", 900, ".ag-row-level-0 a", "a[href*='viewStateShareKey']")
    screen.take("experiment-training")
    screen.open(
        links["curves and samples"], 1300, ".js-plotly-plot .scatterlayer .trace", ".js-plotly-plot .bars", "img"
    )
    screen.take("study")
    screen.open(links["runs grouped by arm"].replace("&compareRunsMode=CHART", ""), 850, ".ag-row")
    screen.take("arms-table")
    screen.open(links["runs grouped by arm"], 950, ".js-plotly-plot .scatterlayer .trace", ".js-plotly-plot .bars")
    screen.take("arms-curves")
    screen.open(links["every run"], 900, ".ag-row a")
    screen.take("runs")
    screen.open(f"{links['every run']}&compareRunsMode=CHART", 1400, ".js-plotly-plot .bars", "canvas")
    screen.take("parallel-coordinates")
    take_samples(screen, links["large samples"])
    screen.open(links["the best run of each arm"], 1000, ".js-plotly-plot .parcoords")
    screen.take("comparison")
    report = links["the report"]
    screen.open(report, 1000, "iframe")
    screen.take("report")
    screen.open(report.replace("/artifacts/report.html", ""), 1000, "table")
    show_more(screen)
    screen.take("description")


def dismiss_tour(screen: Screen) -> None:
    """Close what MLflow puts over the page of a first visit."""
    for button in screen.driver.find_elements(By.XPATH, "//button[normalize-space()='Got it']"):
        button.click()
        screen.wait_for(lambda: "Got it" not in screen.text(), "the page without its tour")


def take_samples(screen: Screen, address: str) -> None:
    """The samples at the end, and with the slider moved back to an earlier step."""
    screen.open(address, 1000, "img", "[role=slider]")
    slider = screen.driver.find_element(By.CSS_SELECTOR, "[role=slider]")
    last = int(slider.get_attribute("aria-valuenow") or 0)
    pictures = shown_pictures(screen)
    slider.click()
    slider.send_keys(Keys.ARROW_LEFT * 8)
    screen.wait_for(lambda: shown_pictures(screen).isdisjoint(pictures), "the pictures of another step")
    now = int(slider.get_attribute("aria-valuenow") or 0)
    assert 0 < now < last, f"the slider stands at {now}, and stood at {last}"
    screen.take("samples")


def shown_pictures(screen: Screen) -> set[str]:
    """Addresses of the samples on the page."""
    images = screen.driver.find_elements(By.CSS_SELECTOR, "img")
    return {source for image in images if (source := image.get_attribute("src") or "").startswith("blob:")}


def show_more(screen: Screen) -> None:
    """Unfold the description."""
    for button in screen.driver.find_elements(By.XPATH, "//*[normalize-space(text())='Show more']"):
        button.click()
        screen.wait_for(lambda: "Show less" in screen.text(), "the whole description")


@contextmanager
def running_ui(study: str) -> Iterator[dict[str, str]]:
    """The study's UI; gives the addresses that it prints, by what it says of them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "ablations", "ui", study, "--port", port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        links: dict[str, str] = {}
        for line in process.stdout:
            words, _, address = line.strip().partition(": ")
            if address.strip().startswith("http"):
                links[words] = address.strip()
            if line.startswith("Ctrl-C"):
                break
        if not links:
            sys.exit("`ablations ui` did not come up, or nothing of the study is in its store")
        try:
            yield links
        finally:
            process.terminate()


@contextmanager
def browser() -> Iterator[Chrome]:
    """A Chromium without a window."""
    options = ChromeOptions()
    binary = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    driver_path = shutil.which("chromedriver")
    if binary is None or driver_path is None:
        sys.exit("no Chromium with its driver: on Debian `apt-get install chromium chromium-driver`")
    options.binary_location = binary
    quiet = ("background-networking", "component-update", "sync", "gpu", "dev-shm-usage")
    for argument in ("headless=new", "no-sandbox", "hide-scrollbars", *(f"disable-{name}" for name in quiet)):
        options.add_argument(f"--{argument}")
    driver = Chrome(options=options, service=Service(driver_path))
    try:
        yield driver
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
