"""What the tests of pages in Chromium share; the fixture ``browser`` is in conftest.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
marks = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine; apt-get install chromium")]


def whole(app: WSGIApplication) -> WSGIApplication:
    """The app with every answer read to its end: werkzeug's server leaves files open when a browser goes away."""

    def run(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        answer = app(environ, start)
        try:
            return [b"".join(answer)]
        finally:
            if hasattr(answer, "close"):
                answer.close()

    return run
