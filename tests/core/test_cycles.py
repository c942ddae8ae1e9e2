"""No circle of imports between modules, function-level ones included."""

import grimp


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Every set of modules that reach each other (Tarjan's strongly connected components of more than one)."""
    place: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        place[module] = low[module] = len(place)
        path.append(module)
        for other in graph.find_modules_directly_imported_by(module):
            if other not in place:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in path:
                low[module] = min(low[module], place[other])
        if low[module] == place[module]:
            at = path.index(module)
            circle = path[at:]
            del path[at:]
            if len(circle) > 1:
                found.append(sorted(circle))

    for module in sorted(graph.modules):
        if module not in place:
            visit(module)
    return found


def test_modules_import_in_no_circle():
    assert circles(grimp.build_graph("marketplace", "listings", "valuation", "loans", cache_dir=None)) == []


def test_the_finder_finds_a_circle():
    graph = grimp.ImportGraph()
    for name in ("a", "b", "c"):
        graph.add_module(name)
    for importer, imported in (("a", "b"), ("b", "c"), ("c", "a")):
        graph.add_import(importer=importer, imported=imported)
    assert circles(graph) == [["a", "b", "c"]]
