"""The pictures of docs/airflow.md: runs of two flows, as Airflow's own pages show them.

`make pictures` makes them again. It needs an Airflow 3, Chromium and its driver; the pages are
looked at by nobody else, so that whoever opens them is an admin.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airflow.compiled import place
from airflow.installed import install
from airflow.scheduler import Live, running
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

_REPOSITORY = Path(__file__).parents[2]
_FLOWS = _REPOSITORY / "fixtures" / "flows"
_PICTURES = _REPOSITORY / "docs" / "pictures"
_RUN = "first"
_SECONDS = 60

# Moving parts, and dots that make the files twice as large.
_STYLE = "*{transition:none!important;animation:none!important}.react-flow__background{opacity:0}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of Airflow below that of a run, which is there once it holds that text."""

    name: str
    dag: str
    page: str
    view: str
    holds: str
    size: tuple[int, int]


PICTURES = (
    Picture("airflow-train-graph", "TrainFlow", "", "graph", "14 Task Instances", (1100, 900)),
    Picture("airflow-train-grid", "TrainFlow", "/tasks/fit/mapped", "grid", "t.0", (1300, 680)),
    Picture("airflow-deep-graph", "DeepMixFlow", "", "graph", "33 Task Instances", (1100, 1250)),
    Picture(
        "airflow-deep-grid", "DeepMixFlow", "/tasks/choose/mapped", "grid", "t.0.0", (1300, 680)
    ),
)


def main() -> None:
    _PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        airflow = install("3.3", Path(folder))
        with running(airflow, core__simple_auth_manager_all_admins="True") as live:
            for flow in ("train", "deep_mix"):
                _run(live, flow)
            with _browser() as browser:
                for picture in PICTURES:
                    _take(browser, live.url, picture)


def _run(live: Live, flow: str) -> None:
    placed = place(_FLOWS / flow, live.airflow.dags, live.airflow.home / "store")
    live.admit(placed.dag)
    ended = live.ended(placed.dag, live.trigger(placed.dag, run=_RUN))
    assert ended.state == "success", ended


@contextmanager
def _browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.add_argument("--headless=new")
    # Chromium refuses to keep root in a sandbox, which is who runs in containers.
    options.add_argument("--no-sandbox")
    # Selenium would look for a driver in the network unless it is told of one.
    driver = shutil.which("chromedriver")
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


def _take(browser: webdriver.Chrome, url: str, picture: Picture) -> None:
    width, height = picture.size
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(url)
    # How the page is laid out is a matter of whoever looks at it, and kept by the browser.
    kept = {"default_dag_view": picture.view, f"direction-{picture.dag}": "DOWN"}
    for name, text in kept.items():
        browser.execute_script(f"localStorage.setItem('{name}', '\"{text}\"')")
    browser.get(f"{url}/dags/{picture.dag}/runs/{_RUN}{picture.page}")
    WebDriverWait(browser, _SECONDS).until(
        lambda page: picture.holds in page.execute_script("return document.body.innerText")
    )
    browser.execute_script(
        "document.head.appendChild(document.createElement('style')).textContent = arguments[0]",
        _STYLE,
    )
    # The graph is laid out, and lists are filled, a while after there is text.
    time.sleep(5)
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    file = _PICTURES / f"{picture.name}.png"
    file.write_bytes(base64.b64decode(taken["data"]))
    sys.stdout.write(f"{file.relative_to(_REPOSITORY)}: {file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
