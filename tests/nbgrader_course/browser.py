"""The released notebook in a real kernel, and the formgrader in Chromium, which is driven by its own debugging protocol."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from courses import Course

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def executed(course: Course, path: Path, tmp_path: Path) -> dict[str, bool]:
    """Run a notebook in a Jupyter kernel as it is, and return which of its cells of tests and points raised nothing."""
    course.run("jupyter", "nbconvert", "--to=notebook", "--execute", "--allow-errors", f"--output-dir={tmp_path}", path)
    notebook = json.loads((tmp_path / path.name).read_text())
    kept = {c["id"]: c for c in notebook["cells"] if c["id"].startswith("public-") or c["metadata"].get("nbgrader", {}).get("grade")}
    return {
        name: not any(output["output_type"] == "error" for output in cell["outputs"])
        for name, cell in kept.items() if cell["cell_type"] == "code"
    }  # fmt: skip


@pytest.fixture
def formgrader(course: Course, tmp_path: Path) -> Iterator[str]:
    """A Jupyter server in the course, reachable from this machine alone; return where it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ip=127.0.0.1",
        "--IdentityProvider.token=",
        "--ServerApp.port_retries=0",
    ]
    place = [f"--ServerApp.root_dir={course.folder}", f"--config={course.folder / 'nbgrader_config.py'}"]
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    log = tmp_path / "log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "server", *options, *place], cwd=course.folder, env=environment, stdout=file, stderr=file
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert server.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{address}/formgrader").close()
                break
            except urllib.error.URLError:
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def shown(url: str, wanted: list[str], home: Path) -> str:
    """Return the text that Chromium shows at `url`, as soon as it holds all that is wanted, or after a minute."""
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={home}",
        "--remote-debugging-port=0",
    ]
    browser = subprocess.Popen([str(CHROMIUM), *options, url], stderr=subprocess.PIPE, text=True)
    try:
        assert browser.stderr is not None
        said = next(match for line in browser.stderr if (match := re.search(r"DevTools listening on ws://([^/]+)/", line)))
        return asyncio.run(_text(f"http://{said[1]}/json", wanted))
    finally:
        browser.kill()
        browser.wait()
        browser.stderr.close()  # type: ignore[union-attr]


async def _text(targets: str, wanted: list[str]) -> str:
    from tornado.websocket import websocket_connect

    text = ""
    for _ in range(120):
        with urllib.request.urlopen(targets) as answer:
            pages = [page for page in json.load(answer) if page["type"] == "page"]
        page = await websocket_connect(pages[0]["webSocketDebuggerUrl"])
        call: dict[str, Any] = {"id": 1, "method": "Runtime.evaluate", "params": {"expression": "document.body.innerText"}}
        await page.write_message(json.dumps(call))
        text = json.loads(await page.read_message() or "{}").get("result", {}).get("result", {}).get("value", "")
        page.close()
        while await page.read_message() is not None:  # until the socket is closed from both sides
            pass
        if all(part in text for part in wanted):
            return text
        await asyncio.sleep(0.5)
    return text
