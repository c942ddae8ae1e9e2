"""check_search: compare the search index with the database."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from marketplace.search import index

_SHOWN = 20


class Command(BaseCommand):
    help = "Compare the search index with the database; exit 1 on a difference or an index that cannot be read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        answer: dict[str, dict[str, Any]] = {}
        sound = True
        for collection in index.collections():
            try:
                found = index.check(collection.name)
            except index.IndexNotReady as error:
                answer[collection.name] = {"error": str(error), "is_sound": False}
                sound = False
                continue
            answer[collection.name] = {**asdict(found), "is_sound": found.none}
            sound &= found.none
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            for name, found_in in answer.items():
                self.stdout.write(f"{name}: {_in_words(found_in)}")
        if not sound:
            sys.exit(1)


def _in_words(found: dict[str, Any]) -> str:
    if "error" in found:
        return str(found["error"])
    if found["is_sound"]:
        return f"{found['documents']} documents, as in the database"
    parts = [
        f"{len(found[kind])} {kind} ({_listed(found[kind])})" for kind in ("missing", "extra", "stale") if found[kind]
    ]
    if found["documents"] != found["text_documents"]:
        parts.append(f"{found['documents']} documents in the columns but {found['text_documents']} in the text index")
    return "; ".join(parts)


def _listed(ids: list[int]) -> str:
    return ", ".join(map(str, ids[:_SHOWN])) + (", …" if len(ids) > _SHOWN else "")
