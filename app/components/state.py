"""The badge that shows a state: a shape, a color and the word, never the color alone."""

from dash import html


def state_badge(state: str, text: str, *, class_name: str = "") -> html.Span:
    """Draw the badge of a state; ``state`` names the class ``state-<state>`` of assets/components.css."""
    shape = html.Span(className="state-shape")
    return html.Span([shape, text], className=f"state state-{state} {class_name}".rstrip())
