"""The project's Markdown as web pages, under the paths it has in the repository.

Markdown is rendered without HTML of its own, so that a text, wherever it comes from, shows as it was written.
"""

from __future__ import annotations

import html
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from string import Template
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

_HERE = Path(__file__).parent
TOP = ("README.md", "DECISIONS.md", "CONTRIBUTING.md", "CHANGELOG.md")
MODELS = "models.html"
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_WORDS = {
    "en": {"start": "Documentation", "models": "Tables and columns"},
    "fr": {"start": "Documentation", "models": "Tables et colonnes (en anglais)"},
}


class BrokenLinkError(ValueError):
    """A page links to what is not there; the sentence names both."""


@dataclass(frozen=True)
class Site:
    """Everything the site holds besides the page of the models.

    Attributes:
        pages: HTML, by the page's path.
        files: paths, below the project, of the files that pages link to or show, and that are copied beside them.
    """

    pages: Mapping[str, str]
    files: Sequence[str]


def make_site(root: Path) -> Site:
    """The pages of the project in the folder `root`.

    Raises:
        BrokenLinkError: a page links to a file of the project that is not there.
    """
    sources = sorted(
        [name for name in TOP if (root / name).is_file()]
        + [path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md")]
    )
    targets = {name: _page_path(name) for name in sources}
    pages: dict[str, str] = {}
    files: set[str] = set()
    titles: dict[str, str] = {}
    for name in sources:
        tokens = _MARKDOWN.parse((root / name).read_text(encoding="utf-8"))
        titles[name] = _title(tokens) or PurePosixPath(name).stem
        _name_headings(tokens)
        for token in _links(tokens):
            attribute = "href" if token.type == "link_open" else "src"
            found = _relinked(root, name, str(token.attrs[attribute]), targets)
            if found.file is not None:
                files.add(found.file)
            token.attrs[attribute] = found.address
        body = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
        language = "fr" if "/fr/" in name else "en"
        pages[targets[name]] = _page(titles[name], body, language, targets[name])
    pages["index.html"] = _page("callmart", _index(titles, targets), "en", "index.html")
    return Site(pages, sorted(files))


@dataclass(frozen=True)
class _Link:
    """Where a link leads on the site, and the file of the project that has to be copied for it."""

    address: str
    file: str | None = None


def _page_path(source: str) -> str:
    path = PurePosixPath(source)
    name = "index" if path.stem == "README" and path.parent != PurePosixPath(".") else path.stem.lower()
    return (path.parent / f"{name}.html").as_posix()


def _relinked(root: Path, page: str, address: str, targets: Mapping[str, str]) -> _Link:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path:
        return _Link(address)
    target = os.path.normpath(PurePosixPath(page).parent / unquote(parts.path))
    here = PurePosixPath(targets[page]).parent
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    if target in targets:
        return _Link(_relative(targets[target], here) + anchor)
    if target.startswith("..") or not (root / target).is_file():
        raise BrokenLinkError(f"{page} links to {address}, which is not there: correct the link.")
    return _Link(_relative(target, here) + anchor, target)


def _relative(target: str, folder: PurePosixPath) -> str:
    return Path(os.path.relpath(target, folder)).as_posix()


def _links(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                yield child


def _title(tokens: Sequence[Token]) -> str | None:
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return _plain(tokens[number + 1])
    return None


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


def _name_headings(tokens: Sequence[Token]) -> None:
    """Give every heading the name that links on code hosts use for it."""
    taken: dict[str, int] = {}
    for number, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        kept = "".join(
            sign
            for sign in _plain(tokens[number + 1]).lower()
            if sign in " -_" or unicodedata.category(sign)[0] in "LN"
        )
        name = re.sub(r" ", "-", kept.strip())
        taken[name] = taken.get(name, -1) + 1
        token.attrs["id"] = f"{name}-{taken[name]}" if taken[name] else name


def _index(titles: Mapping[str, str], targets: Mapping[str, str]) -> str:
    kpis = [name for name in ("docs/kpis/en/README.md", "docs/kpis/fr/README.md") if name in titles]
    others = [name for name in titles if name not in TOP and not name.startswith("docs/kpis/")]
    lines = ["<h1>callmart</h1>"]
    for heading, names in (
        ("The project", [name for name in TOP if name in titles]),
        ("KPIs · Indicateurs", kpis),
        ("How to", others),
    ):
        lines += [f"<h2>{heading}</h2>", "<ul>"]
        if names == kpis:
            lines.append(f'<li><a href="{MODELS}">Tables, columns and how they are made</a></li>')
        lines += [f'<li><a href="{targets[name]}">{html.escape(titles[name])}</a></li>' for name in names]
        lines.append("</ul>")
    return "\n".join(lines)


def _page(title: str, body: str, language: str, path: str) -> str:
    folder = PurePosixPath(path).parent
    template = Template((_HERE / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        language=language,
        title=html.escape(title),
        style=(_HERE / "page.css").read_text(encoding="utf-8"),
        start=_relative("index.html", folder),
        start_word=_WORDS[language]["start"],
        models=_relative(MODELS, folder),
        models_word=_WORDS[language]["models"],
        body=body,
    )
