"""The documentation site: whole, escaped, and without a request to any host."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from callmart.docs_site import __main__ as command
from callmart.docs_site.models import ModelsPageError, without_machine, without_requests
from callmart.docs_site.pages import BrokenLinkError, make_site
from callmart.paths import PROJECT

SALT = "a-salt-of-7f3a"
PATIENCE = 300_000  # milliseconds: the machine may be busy, and no test is of time


class Page(HTMLParser):
    """What a page links to, shows, and names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.shown: list[str] = []
        self.names: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.tags.add(tag)
        if "id" in found:
            self.names.add(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        self.shown += [found[name] for name in ("src", "srcset", "data", "poster") if name in found]
        self.shown += [found["href"]] if tag == "link" and "href" in found else []


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this project."""
    folder = tmp_path_factory.mktemp("site") / "docs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLMART_SALT", SALT)
        assert command.main(["--out", str(folder)]) == 0
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a page of hostile text."""
    root = tmp_path / "project"
    (root / "docs" / "kpis" / "fr").mkdir(parents=True)
    (root / "README.md").write_text(
        "# Read me\n\nSee [the page](docs/page.md#a--b) and ![a flow](docs/flow.svg).\n"
    )
    (root / "docs" / "flow.svg").write_text("<svg/>")
    (root / "docs" / "page.md").write_text(
        "# <script>alert(1)</script> & $title\n\n<script>alert(2)</script>\n\n<img src=https://evil.invalid/x>\n\n"
        "[js](javascript:alert(3)) `<b>` \x1b[2J\n\n## A & b\n\n## A & b\n\n| a |\n|---|\n| <i>x</i> |\n"
    )
    (root / "docs" / "kpis" / "fr" / "README.md").write_text("# Indicateurs\n\n[haut](../../../README.md)\n")
    return root


def test_text_is_shown_and_never_becomes_markup(project: Path) -> None:
    text = make_site(project).pages["docs/page.html"]
    page = Page(text)
    assert not page.tags & {"script", "img", "i", "b"}
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in text
    assert "<title>&lt;script&gt;alert(1)&lt;/script&gt; &amp; $title</title>" in text
    assert not [link for link in page.links if link.startswith("javascript:")]
    assert "<td>&lt;i&gt;x&lt;/i&gt;</td>" in text


def test_links_and_pictures_lead_to_pages_and_copied_files(project: Path) -> None:
    site = make_site(project)
    assert sorted(site.pages) == ["docs/kpis/fr/index.html", "docs/page.html", "index.html", "readme.html"]
    read_me = Page(site.pages["readme.html"])
    assert "docs/page.html#a--b" in read_me.links
    assert read_me.shown == ["docs/flow.svg"]
    assert list(site.files) == ["docs/flow.svg"]
    assert Page(site.pages["docs/page.html"]).names == {"scriptalert1script--title", "a--b", "a--b-1"}
    french = site.pages["docs/kpis/fr/index.html"]
    assert '<html lang="fr">' in french
    assert Page(french).links[:3] == ["../../../index.html", "../../../models.html", "../../../readme.html"]


@pytest.mark.parametrize("address", ["docs/none.md", "../secret.md", "docs"])
def test_a_link_to_what_is_not_there_is_named(address: str, project: Path) -> None:
    (project / "README.md").write_text(f"[x]({address})\n")
    with pytest.raises(
        BrokenLinkError, match=rf"^README.md links to {re.escape(address)}, which is not there"
    ):
        make_site(project)


def test_every_link_of_every_page_leads_somewhere_on_the_site(out: Path) -> None:
    pages = {path: Page(path.read_text()) for path in out.rglob("*.html") if path.name != "models.html"}
    assert len(pages) > 2 * 122
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in ("http", "https")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            named = pages[target].names if target in pages else set()
            if not target.is_file() or (parts.fragment and target in pages and parts.fragment not in named):
                broken.append(f"{path.relative_to(out)}: {link}")
    assert broken == []


def test_no_page_shows_or_runs_anything_of_another_host(out: Path) -> None:
    for path in out.rglob("*.html"):
        text = path.read_text()
        assert "default-src 'none'" in text
        if path.name != "models.html":
            page = Page(text)
            assert "script" not in page.tags
            assert not [
                address for address in page.shown if urlsplit(address).scheme or address.startswith("//")
            ]
    models = (out / "models.html").read_text()
    assert "cloudfront" not in models
    assert not re.findall(
        r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//[^\"'\s>]+", models
    )


def test_the_page_of_the_models_holds_no_machine_no_secret_and_no_value_of_the_data(out: Path) -> None:
    models = (out / "models.html").read_text()
    assert "queue_daily" in models
    assert "Queue wait of the answered queue entries" in models
    for hidden in (str(PROJECT), str(Path.home()), SALT):
        assert hidden not in models
    assert not re.search(r'"user_id": ?"', models)
    assert '"sources"' in models


def test_the_identities_of_a_run_are_taken_out() -> None:
    page = '{"user_id": "b7", "invocation_id":"x", "env": {"A": "1"}, "root_path": "/srv/callmart/models"}'
    assert json.loads(without_machine(page, Path("/srv/callmart"))) == {
        "user_id": None,
        "invocation_id": None,
        "env": None,
        "root_path": "./models",
    }


def test_a_page_that_does_not_begin_as_dbts_does_is_refused() -> None:
    with pytest.raises(ModelsPageError, match="has changed"):
        without_requests("<html></html>")


def test_a_folder_with_something_else_in_it_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(SystemExit) as refused:
        command.main(["--out", str(tmp_path)])
    assert refused.value.code == 2
    assert "holds something else" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_site_that_cannot_be_made_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "models_page", lambda _root: "<html></html>")
    assert command.main(["--out", str(tmp_path / "docs")]) == 0

    def fails(_root: Path) -> str:
        raise ModelsPageError("dbt could not describe the project: x")

    monkeypatch.setattr(command, "models_page", fails)
    assert command.main(["--out", str(tmp_path / "docs")]) == 1
    assert capsys.readouterr().err == "docs: dbt could not describe the project: x\n"
    assert (tmp_path / "docs" / "models.html").read_text() == "<html></html>"
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]


def hosts_asked(browser: Browser, address: str, said: str) -> set[str | None]:
    """The hosts a page asked for anything until it says what it must, and a while after; a file has none."""
    page = browser.new_page()
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).hostname))
    page.goto(address, timeout=PATIENCE)
    page.wait_for_function("said => document.body.innerText.includes(said)", arg=said, timeout=PATIENCE)
    page.wait_for_timeout(3000)  # what a page asks for once it is drawn
    page.close()
    return hosts


def test_a_request_to_another_host_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<img src="http://pictures.invalid/x.png"><script>fetch("https://other.invalid/y")</script>'
        '<script>new WebSocket("wss://socket.invalid/z")</script>said'
    )
    hosts = hosts_asked(browser, (tmp_path / "page.html").as_uri(), "said")
    assert hosts == {None, "pictures.invalid", "other.invalid", "socket.invalid"}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("models.html#!/model/model.callmart.queue_daily", "Queue wait of the answered queue entries"),
        ("docs/kpis/fr/service_level.html", "Niveau de service"),
    ],
)
def test_a_browser_shows_the_page_and_asks_no_host_for_anything(
    address: str, said: str, out: Path, browser: Browser
) -> None:
    assert hosts_asked(browser, f"{out.as_uri()}/{address}", said) == {None}
