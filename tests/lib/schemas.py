"""The documented schemas of tykup's JSON, and whether a document keeps to them."""

import functools
import json
from pathlib import Path

import jsonschema

FOLDER = Path(__file__).parents[2] / "docs/json-schema"

# What each verb prints with --json.
OF_VERB = {"status": "status", "plan": "plan", "check": "status", "run": "history", "rollback": "history", "stop": "status", "history": "history",
           "log": "log", "hold": "status", "release": "status", "approve": "status", "forget-bad": "status", "windows": "windows",
           "check-config": "check-config", "keep-off": "keep-off", "subscribe": "subscribe", "fleet": "fleet"}


@functools.cache
def all_schemas():
    return {file.stem: json.loads(file.read_text()) for file in FOLDER.glob("*.json")}


@functools.cache
def validator(name):
    store = {schema["$id"]: schema for schema in all_schemas().values()}
    schema = all_schemas()[name]
    resolver = jsonschema.RefResolver(schema["$id"], schema, store)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def defects(document, name):
    """What of the document its schema does not know, each with its place; none: it is as documented."""
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(document)]


def check(document, name):
    """The document, if it is as the schema of that name has it."""
    found = defects(document, name)
    assert not found, f"not as {name}.json says:\n" + "\n".join(found)
    return document
