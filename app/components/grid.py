"""Tables that sort, filter and stay still while their rows change: AG Grid in the product's colors and languages."""

from typing import Any, Final

from app.i18n import _

# Mantine's variables change with the color scheme, so the grid follows without a callback. Only AG Grid's own names
# are in scope here: one unknown name and the whole theme is dropped without a word.
_THEME: Final = """themeQuartz.withParams({
    accentColor: 'var(--hf-accent)',
    backgroundColor: 'var(--hf-surface)',
    foregroundColor: 'var(--hf-text)',
    borderColor: 'var(--hf-line)',
    rowBorder: {color: 'var(--hf-line)'},
    columnBorder: false,
    wrapperBorder: false,
    wrapperBorderRadius: 0,
    headerBackgroundColor: 'var(--hf-surface)',
    headerTextColor: 'var(--hf-muted)',
    headerFontSize: 12,
    headerFontWeight: 500,
    headerColumnResizeHandleColor: 'transparent',
    rowHoverColor: 'var(--hf-hover)',
    selectedRowBackgroundColor: 'var(--hf-hover)',
    oddRowBackgroundColor: 'var(--hf-surface)',
    browserColorScheme: 'inherit',
    fontFamily: 'inherit',
    fontSize: 14,
    cellHorizontalPadding: 10,
    spacing: 8
})"""


def grid_options(**options: Any) -> dict[str, Any]:
    """Give ``dashGridOptions`` with the common look, the reader's language and ``options``."""
    return {
        "theme": {"function": _THEME},
        "localeText": _locale_text(),
        "suppressCellFocus": False,
        "animateRows": False,
        "suppressDragLeaveHidesColumns": True,
        "suppressMovableColumns": True,
        **options,
    }


def _locale_text() -> dict[str, str]:
    """Say AG Grid's own words in the reader's language; the ones that this product can make it show."""
    return {
        "noRowsToShow": _("Nothing matches. Change the search or the filters."),
        "noMatchingRows": _("Nothing matches. Change the search or the filters."),
        "loadingOoo": _("Loading…"),
        "ariaSortableColumn": _("Press Enter to sort"),
        "ariaRowSelect": _("Press Space to select this row"),
        "ariaRowDeselect": _("Press Space to deselect this row"),
        "ariaColumn": _("Column"),
        "ariaHidden": _("hidden"),
        "ariaVisible": _("visible"),
        "ariaUnchecked": _("not checked"),
        "ariaChecked": _("checked"),
        "ariaSearch": _("Search"),
    }
