"""The Dash app: pages are registered here and nowhere else."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dash
from dash import Dash
from dash.development.base_component import Component
from flask import Flask, abort, current_app, request

from app.bundle import serve_bundles
from app.i18n import _, language
from app.missing import opens_a_page
from app.pages.not_found import not_allowed, not_found
from app.pages.page import Page, PageContext
from app.principal import current_user
from app.shell import register_shell, shell

_EXTENSION = "hydrofleet-pages"
_ASSETS = Path(__file__).parent / "assets"
_INDEX = (_ASSETS / "index.html").read_text(encoding="utf-8")
_SCHEME_SCRIPT = "head/color-scheme.js"


class Dashboard(Dash):
    """A Dash app whose document says which language it is in, and brings our styles and scripts as one file each."""

    def __init__(self, *args: Any, server: Flask, leads_to_page: Callable[[str], bool], **options: Any) -> None:
        # The hint of ``server`` forgets what the documentation offers. Dash itself brings no file of the folder.
        options |= {"server": server, "assets_folder": str(_ASSETS), "assets_ignore": ".*"}
        super().__init__(*args, **options)
        self._bundles = serve_bundles(server, _ASSETS)
        self._leads_to_page = leads_to_page

    def index(self, *args: Any, **variables: Any) -> Any:
        """Answer with the document; where no page is, the document says so, and the status does, too."""
        if self._leads_to_page(request.path):
            return super().index(*args, **variables)
        return (super().index(*args, **variables), 404) if opens_a_page() else abort(404)

    def interpolate_index(self, *args: Any, **parts: Any) -> str:
        """Fill in the HTML document, with the reader's language on its root element."""
        document: str = super().interpolate_index(*args, **parts)
        addresses = {
            "__SCHEME_SCRIPT__": f"{self.get_asset_url(_SCHEME_SCRIPT)}?m={(_ASSETS / _SCHEME_SCRIPT).stat().st_mtime}",
            "__STYLES__": self._bundles["css"].address,
            "__SCRIPTS__": self._bundles["js"].address,
        }
        for place, address in {"__LANGUAGE__": language(), **addresses}.items():
            document = document.replace(place, address)
        return document


def create_dashboard(server: Flask, pages: Sequence[Page], context: PageContext) -> Dash:
    """Build one Dash app on ``server`` from the given pages; the first page is the home page."""
    # Dash keeps its pages per process. Nothing that belongs to one app may enter that registry: layouts find
    # their context through the current server, so a second app with the same pages does no harm to the first.
    dash.page_registry.clear()
    server.extensions[_EXTENSION] = context
    app = Dashboard(
        "hydrofleet",
        server=server,
        leads_to_page=lambda path: any(page.is_at(path) for page in pages),
        use_pages=True,
        pages_folder="",
        index_string=_INDEX,
        title="hydrofleet",
        update_title="",
        include_pages_meta=False,
        enable_mcp=False,
        add_log_handler=False,
    )
    for page in pages:
        _register(app, page, context)
    dash.register_page("app.pages.not_found_404", path="/404", title=_missing_title, layout=not_found)
    register_shell(app, context)
    with server.test_request_context():
        app.layout = lambda: shell(pages, context)
    return app


def _register(app: Dash, page: Page, context: PageContext) -> None:
    dash.register_page(
        page.module,
        path=page.path,
        path_template=page.path_template,
        title=_title_of(page),
        layout=_layout_of(page),
    )
    page.register(app, context)


def _title_of(page: Page) -> Callable[..., str]:
    def title(**variables: Any) -> str:
        name = page.title_of(variables) if page.title_of and variables else _(page.title)
        return f"{name} · hydrofleet"

    return title


def _missing_title(**_variables: Any) -> str:
    return f"{_('Not found')} · hydrofleet"


def _layout_of(page: Page) -> Callable[..., Component]:
    names = _path_variables(page.path_template)

    def layout(**values: str) -> Component:
        variables = {name: value for name, value in values.items() if name in names}
        query: Mapping[str, str] = {name: value for name, value in values.items() if name not in names}
        reader = current_user()
        # Without a reader Dash only wants to know the ids that there are.
        if reader is not None and not page.is_open_to(reader.role):
            return not_allowed()
        return page.layout(current_app.extensions[_EXTENSION], query, **variables)

    return layout


def _path_variables(template: str | None) -> frozenset[str]:
    parts = (template or "").split("/")
    return frozenset(part.strip("<>") for part in parts if part.startswith("<"))
