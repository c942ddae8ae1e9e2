"""State diagrams made from the graphs themselves (Mermaid), so that the documents cannot drift from the code."""

from django.utils import translation

from marketplace.core.lifecycle import Graph, graphs


def diagram(graph: Graph) -> str:
    """One graph as a Mermaid state diagram and the table of its steps."""
    lines = [f"## {graph.name}", "", f"Rows of `{graph.model}`.", "", "```mermaid", "stateDiagram-v2"]
    lines.append(f"    [*] --> {graph.initial}")
    for edge in graph.edges:
        mark = " (by the clock)" if edge.timed else ""
        lines += [f"    {source} --> {edge.target}: {edge.verb}{mark}" for source in edge.sources]
    lines += [f"    {state} --> [*]" for state in sorted(graph.terminal)]
    lines += ["```", "", "| step | from | to | who | guard | by when | reason |", "|---|---|---|---|---|---|---|"]
    for edge in graph.edges:
        guard = f"`{edge.guard.__name__}`" if edge.guard else ""
        due = f"{edge.due}" if edge.due else ""
        lines.append(
            f"| {edge.verb} | {', '.join(edge.sources)} | {edge.target} | {edge.who.describe()} | {guard} | {due} "
            f"| {'asked' if edge.asks_reason else ''} |"
        )
    return "\n".join(lines)


def document() -> str:
    """All graphs as one Markdown document."""
    with translation.override("en"):
        head = "# Lifecycles\n\nMade by `manage.py draw_lifecycles` from the graphs in the code; a test compares.\n"
        return head + "\n" + "\n\n".join(diagram(graph) for graph in graphs()) + "\n"
