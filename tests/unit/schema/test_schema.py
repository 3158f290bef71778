"""The documented schemas themselves, and what the programs really write."""

import copy
import json
import os
import subprocess

import jsonschema
import pytest

from schemas import OF_VERB, all_schemas, defects


def written():
    lines = subprocess.run([os.environ["SCHEMA_DOCUMENTS"]], check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def documents():
    return written()


def objects_in(schema):
    """Every part of a schema that describes an object, with its place."""
    def walk(part, place):
        if isinstance(part, dict):
            if "properties" in part:
                yield place, part
            for key, value in part.items():
                yield from walk(value, f"{place}/{key}")
        elif isinstance(part, list):
            for index, value in enumerate(part):
                yield from walk(value, f"{place}/{index}")

    return list(walk(schema, ""))


@pytest.mark.parametrize("name", all_schemas())
def test_each_schema_is_one_and_names_itself(name):
    schema = all_schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name}.json" and schema["title"]


@pytest.mark.parametrize("name", all_schemas())
def test_every_field_is_required_and_no_other_is_known(name):
    for place, part in objects_in(all_schemas()[name]):
        assert sorted(part["required"]) == sorted(part["properties"]), f"{name}{place}"
        is_base = place.endswith("_fields")  # used together with others, which close it
        closed = part.get("additionalProperties") is False or part.get("unevaluatedProperties") is False
        assert is_base or closed, f"{name}{place} lets unknown fields pass"


def test_every_verb_has_a_schema_and_every_schema_a_verb():
    assert set(OF_VERB.values()) | {"common", "way-back", "progress", "fleet-change"} == set(all_schemas())


def test_what_is_written_is_as_documented(documents):
    assert {line["of"] for line in documents} >= {"status", "plan", "history", "windows", "fleet", "fleet-change"}
    for line in documents:
        found = defects(line["document"], line["of"])
        assert not found, (found, json.dumps(line["document"], indent=1))


def places_of_objects(document):
    """Every object within a document whose fields have names of their own."""
    if isinstance(document, dict):
        yield document
        for key, value in document.items():
            if key != "source_problems":
                yield from places_of_objects(value)
    elif isinstance(document, list):
        for value in document:
            yield from places_of_objects(value)


def test_a_field_that_nobody_documented_is_found_wherever_it_is(documents):
    full = {line["of"]: line["document"] for line in documents}
    for name, document in full.items():
        for index in range(len(list(places_of_objects(document)))):
            changed = copy.deepcopy(document)
            list(places_of_objects(changed))[index]["news"] = 1
            assert defects(changed, name), f"{name}: object {index}"


def test_a_reason_without_a_way_out_is_found(documents):
    waiting = next(line["document"] for line in documents if line["of"] == "status" and line["document"]["plan"]["staying"])
    waiting["plan"]["staying"][0]["reasons"][0]["remedy"] = ""
    assert any("remedy" in defect for defect in defects(waiting, "status"))
