"""Tags of the shared pages."""

from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def home_section(context: template.RequestContext, section: dict[str, Any]) -> str:
    """A registered section of the home page; its template finds what its floor gave by name, and all as `section`."""
    found = context.template.engine.get_template(section["template"])  # type: ignore[union-attr]
    with context.push(section=section["names"], **section["names"]):
        return found.render(context)
