"""dbt's own page of the models, tests, columns and how they hang together, as one file without a request."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path

from dbt.cli.main import dbtRunner

from callmart.paths import PROJECT

# What tells the machine or the person that made the page, and nothing of the project.
_PERSONAL = ("user_id", "invocation_id", "invocation_started_at", "send_anonymous_usage_stats", "env")


# dbt's page can count its visitors through another host; nothing on it may ask any host for anything.
_TRACKER = re.compile(r"//[a-z0-9]+\.cloudfront\.net/[^\"]*")
_HEAD = '<head><meta charset="utf-8">'
_NO_REQUESTS = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'"
    " 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
_ICON = re.compile(r'<link rel="(?:shortcut icon|canonical)"[^>]*>')


class ModelsPageError(RuntimeError):
    """The page could not be made; the sentence says why."""


def models_page(root: Path = PROJECT) -> str:
    """The page, made from the project's files alone.

    dbt gets an empty warehouse of its own, so that no build is disturbed and nothing of the data can be on the page.

    Raises:
        ModelsPageError: dbt could not read the project.
    """
    before = os.environ.get("CALLMART_WAREHOUSE")
    with tempfile.TemporaryDirectory(prefix="callmart-docs-") as scratch:
        (Path(scratch) / "work").mkdir()
        os.environ["CALLMART_WAREHOUSE"] = scratch
        try:
            places = (
                *("--project-dir", str(root), "--profiles-dir", str(root)),
                *("--target-path", scratch, "--log-path", scratch),
                *("--log-level", "none", "--log-level-file", "info", "--no-print"),
            )
            # Without compiling, the second writes no manifest of its own; compiling would ask the warehouse.
            for command in (["parse"], ["docs", "generate", "--static", "--empty-catalog", "--no-compile"]):
                result = dbtRunner().invoke([*command, *places])
                if not result.success:
                    raise ModelsPageError(
                        f"dbt could not describe the project: {result.exception or 'see dbt parse'}."
                    )
        finally:
            if before is None:
                del os.environ["CALLMART_WAREHOUSE"]
            else:
                os.environ["CALLMART_WAREHOUSE"] = before
        page = (Path(scratch) / "static_index.html").read_text(encoding="utf-8")
    return without_requests(without_machine(page, root))


def without_requests(page: str) -> str:
    """The page with all that it could ask of other hosts taken out and forbidden.

    Raises:
        ModelsPageError: it does not begin as dbt's page does.
    """
    if _HEAD not in page:
        raise ModelsPageError("dbt's page has changed: callmart.docs_site.models has to be looked at.")
    return _TRACKER.sub("data:,", _ICON.sub("", page.replace(_HEAD, _HEAD + _NO_REQUESTS, 1)))


def without_machine(page: str, root: Path) -> str:
    """The page without the folder it was made in and the identities of the run that made it."""
    page = page.replace(json.dumps(str(root))[1:-1], ".")
    for name in _PERSONAL:
        page = re.sub(rf'"{name}": ?(?:"[^"]*"|null|true|false|\{{[^{{}}]*\}})', f'"{name}": null', page)
    return page
