"""What surrounds every page: the mark, the navigation, and the reader's own choices."""

from collections.abc import Sequence

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from app.components import ConductivityUnit, icon, named
from app.components.ids import ShellId
from app.health import DISK_WARNING
from app.i18n import LANGUAGES, _, language
from app.pages.page import Group, Page, PageContext
from app.people.account import OwnAccount
from app.principal import Principal, Role, current_user
from app.theme import MANTINE_THEME


def shell(pages: Sequence[Page], context: PageContext) -> Component:
    """Build the frame of the dashboard for one visit, in the reader's language."""
    frame = dmc.AppShell(
        [
            dmc.AppShellHeader(_header(context), className="shell-header"),
            dmc.AppShellNavbar(_navbar(pages), id=ShellId.NAVBAR, className="shell-navbar"),
            dmc.AppShellMain(html.Div([*_disk_warning(context), dash.page_container], className="shell-main")),
            html.Div(_("The server does not answer. What you see may be old."), className="connection", role="status"),
        ],
        id=ShellId.APP,
        header={"height": 56},
        navbar={"width": 216, "breakpoint": "md", "collapsed": {"mobile": True}},
        transitionDuration=150,
    )
    return dmc.MantineProvider(
        dmc.DatesProvider(
            [dcc.Location(id=ShellId.LOCATION, refresh=False), dcc.Store(id=ShellId.KEPT_UNIT), frame],
            settings={"locale": language()},
        ),
        id=ShellId.PROVIDER,
        theme=MANTINE_THEME,
        defaultColorScheme="auto",
    )


def register_shell(app: Dash, context: PageContext) -> None:
    """Attach what the shell does: open and close on a phone, mark where one is, remember the reader's unit."""
    account = OwnAccount(context.engine, context.clock)

    @app.callback(Output(ShellId.KEPT_UNIT, "data"), Input(ShellId.UNIT, "value"), prevent_initial_call=True)
    def remember_unit(unit: str | None) -> str | None:
        account.prefer_unit(unit or "", by=current_user())
        return unit

    app.clientside_callback(
        ClientsideFunction("shell", "navbar"),
        Output(ShellId.APP, "navbar"),
        Input(ShellId.BURGER, "opened"),
        State(ShellId.APP, "navbar"),
    )
    app.clientside_callback(
        ClientsideFunction("shell", "arrive"),
        Output(ShellId.BURGER, "opened"),
        Output(ShellId.NAVIGATION, "data-here"),
        Input(ShellId.LOCATION, "pathname"),
        Input("_pages_content", "children"),
    )


def _disk_warning(context: PageContext) -> list[Component]:
    """Warn who can do something about it, while there is still room to do it in."""
    user = current_user()
    if user is None or not user.role.includes(Role.ADMIN):
        return []
    used = context.disk_used()
    if used <= DISK_WARNING:
        return []
    percent = int(used * 100)
    text = _("The disk is %(percent)s %% full. Free some space, or move the data to a larger one.", percent=percent)
    return [html.Div(text, className="banner", role="alert")]


def _header(context: PageContext) -> Component:
    return html.Div(
        [
            dmc.Burger(id=ShellId.BURGER, size="sm", hiddenFrom="md", **named(_("Menu"))),
            dcc.Link([icon("mark", "brand-mark"), html.Span("hydrofleet")], href="/", className="brand"),
            html.Div(className="spacer"),
            _unit_choice(context),
            html.Div(_language_choice(), className="from-sm"),
            dmc.ColorSchemeToggle(
                id=ShellId.COLOR_SCHEME,
                lightIcon=icon("sun"),
                darkIcon=icon("moon"),
                variant="subtle",
                color="gray",
                size="lg",
                **named(_("Light or dark")),
            ),
            _user_menu(),
        ],
        className="header-row",
    )


def _unit_choice(context: PageContext) -> Component:
    user = current_user()
    return dmc.Select(
        id=ShellId.UNIT,
        data=[{"value": str(unit), "label": unit.label} for unit in ConductivityUnit],
        value=ConductivityUnit.of(user.unit if user else None, context.ppm_scale),
        allowDeselect=False,
        checkIconPosition="right",
        size="xs",
        w=104,
        comboboxProps={"position": "bottom-end", "width": 140},
        **named(_("Conductivity shown as")),
    )


def _language_choice() -> Component:
    """Two plain buttons of a form: the server answers with the page in that language, no script involved."""
    here = language()
    buttons = [
        html.Button(
            code.upper(),
            type="submit",
            name="language",
            value=code,
            title=name,
            className="language here" if code == here else "language",
        )
        for code, name in LANGUAGES.items()
    ]
    return html.Form(buttons, action="/language", method="post", className="languages")


def _user_menu() -> Component:
    user = current_user()
    name = user.name if user else ""
    target = html.Summary(
        dmc.Avatar(name[:2].upper(), size=30, color="water", radius="xl"),
        className="account-button",
        **named(_("Account")),
    )
    return html.Details(
        [
            target,
            html.Div(
                [
                    html.Div([html.Strong(name), html.Span(_role_text(user))], className="account"),
                    html.Div([html.Span(_("Language")), _language_choice()], className="account-language until-sm"),
                    dcc.Link([icon("user"), _("Your account")], href="/account", className="menu-button"),
                    dcc.Link([icon("log"), _("About")], href="/about", className="menu-button"),
                    html.Form(
                        html.Button([icon("logout"), _("Log out")], type="submit", className="menu-button"),
                        action="/logout",
                        method="post",
                    ),
                ],
                className="account-menu",
            ),
        ],
        className="account-place",
    )


def _role_text(user: Principal | None) -> str:
    names = {Role.VIEWER: _("Viewer"), Role.AGRONOMIST: _("Agronomist"), Role.ADMIN: _("Administrator")}
    return names[user.role] if user else ""


def _navbar(pages: Sequence[Page]) -> Component:
    user = current_user()
    role = user.role if user else Role.VIEWER
    shown = [page for page in pages if page.nav and page.is_open_to(role)]
    parts = [part for group in Group for part in _group(group, [page for page in shown if page.group is group])]
    return html.Nav(parts, id=ShellId.NAVIGATION, **named(_("Pages")))


def _group(group: Group, pages: Sequence[Page]) -> list[Component]:
    names = {Group.CARE: _("Care"), Group.DATA: _("Data"), Group.ADMINISTRATION: _("Administration")}
    if not pages:
        return []
    heading = [html.Div(names[group], className="nav-heading")] if group in names else []
    return [*heading, *(_link(page) for page in pages)]


def _link(page: Page) -> Component:
    return dmc.NavLink(
        label=_(page.title),
        href=page.path,
        leftSection=icon(page.icon),
        active="exact" if page.path == "/" else "partial",
        className="nav-link",
    )
