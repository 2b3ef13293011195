"""Puts figures, charts, library and page into one text, and that into a file."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import vl_convert

from callmart.dashboard.charts import charts
from callmart.dashboard.query import DEFAULT_MONTHS, Json, read_dashboard
from callmart.memory import limit_memory
from callmart.releases import DATABASE, ReleaseError, current_release, release_facts
from callmart.scorecard_text import Language

DASHBOARD = "dashboard.html"
_PAGE = Path(__file__).parent / "page"
# In the order in which they build upon each other.
_SCRIPTS = ("numbers.js", "figures.js", "drawing.js", "parts.js", "page.js")
_MODE = 0o440


@dataclass(frozen=True)
class Composed:
    """A page that lacks only what says which release it shows.

    Attributes:
        pieces: its text, to be joined with that between them.
    """

    pieces: tuple[str, str]

    def text(self, facts: Mapping[str, object]) -> str:
        """The whole page, for the release that `release.json` describes with these facts."""
        told = {name: facts.get(name) for name in ("release", "as_of", "is_sample", "settings")}
        return _embedded(told).join(self.pieces)


def compose(
    database: Path, facts: Mapping[str, object], language: Language = "en", months: int = DEFAULT_MONTHS
) -> Composed:
    """Read what the page shows from a release's database.

    Args:
        database: the file; only read.
        facts: what `release.json` says of it, or will say.
        language: the language the page opens in.
        months: how many months the page knows, the running one included.

    Raises:
        duckdb.Error: the file cannot be read, or lacks a public table.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false")
        limit_memory(connection)
        data = read_dashboard(connection, facts, months)
    scripts = [_within_script((_PAGE / name).read_text("utf-8")) for name in _SCRIPTS]
    scripts.insert(0, _within_script(_library()))
    parts = {
        "LANGUAGE": language,
        "POLICY": _policy(scripts),
        "STYLE": (_PAGE / "page.css").read_text("utf-8"),
        "WORDS": _embedded(json.loads((_PAGE / "words.json").read_text("utf-8"))),
        "CHARTS": _embedded(charts()),
        "LOCALES": _embedded(_locales()),
        "DATA": _packed(data),
        "SCRIPTS": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    before, after = (_PAGE / "page.html").read_text("utf-8").split("@@RELEASE@@")
    return Composed((_filled(before, parts), _filled(after, parts)))


def _filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with the parts it names between two `@@`, each looked up once: what a part holds is not read again."""
    pieces = template.split("@@")
    return "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def write_dashboard(
    warehouse: Path, out: Path | None = None, language: Language = "en", months: int = DEFAULT_MONTHS
) -> Path:
    """Write the dashboard of the current release; return the file: `out`, or the one beside the release's database.

    The file appears in one rename, and may be read by whom the release may be.

    Raises:
        ReleaseError: nothing is published, or the release cannot be read.
        OSError: the file cannot be written.
    """
    release = current_release(warehouse)
    if release is None:
        raise ReleaseError(f"Nothing is published in {warehouse}: run scripts/build first.")
    folder = warehouse / "releases" / release
    facts = release_facts(warehouse, release)
    try:
        composed = compose(folder / DATABASE, facts, language, months)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise ReleaseError(f"The release {release} cannot be read, publish again: {reason}") from error
    target = out or folder / DASHBOARD
    put(target, composed.text(facts))
    return target


def put(target: Path, text: str) -> None:
    """Write a page in one rename, so that nobody opens half of it.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.chmod(_MODE)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _library() -> str:
    """Vega, as `window.vega`, from the sources within the package: nothing is fetched.

    The import is spelt out because Vega has no default export, which is all that the package's own name for it holds.
    In a function, as the names that the library uses within would else be taken for the page's.
    """
    source = f"/npm/vega@{vl_convert.get_vega_version()}/+esm"
    bundle = vl_convert.javascript_bundle(f'import * as library from "{source}"; window.vega = library;')
    return f"(() => {{{bundle}}})();"


def _policy(scripts: list[str]) -> str:
    """A content security policy under which these scripts run, and nothing is ever loaded or sent.

    Vega makes functions of the expressions of its charts; these are compiled here, and hold nothing from the data.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    rules = {
        "default-src": "'none'",
        "script-src": f"{hashes} 'unsafe-eval'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def _within_script(script: str) -> str:
    """A script that does not end the element it stands in."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _embedded(value: object) -> str:
    """JSON that may stand in a script element: no character of it opens or closes an element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _packed(data: Json) -> str:
    """The figures, deflated, in letters that mean nothing to a browser."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode())).decode()


def _locales() -> Json:
    """How numbers and dates are written on axes. French thousands have a narrow space, as elsewhere on the page."""
    locales: Json = {
        "en": {
            "number": vl_convert.get_format_locale("en-GB"),
            "time": vl_convert.get_time_format_locale("en-GB"),
        },
        "fr": {
            "number": vl_convert.get_format_locale("fr-FR"),
            "time": vl_convert.get_time_format_locale("fr-FR"),
        },
    }
    locales["fr"]["number"]["thousands"] = "\N{NARROW NO-BREAK SPACE}"
    return locales
