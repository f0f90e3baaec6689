"""The API reference: complete, true to the routes, readable without the internet."""

import re

import pytest

from ingest_api.operations import operation_of
from ingest_api.problems import PROBLEM_TYPES


@pytest.fixture
def document(lasting_api):
    lasting_api.is_person = True
    return lasting_api.client.get("/api/openapi.json").get_json()


def routes(app):
    return {
        (re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }


def test_every_route_is_in_the_document_and_nothing_else(lasting_api, document):
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}

    assert described == routes(lasting_api.app)
    assert {("/api/openapi.json", "get"), ("/api/v1/readings", "post")} <= described


def test_every_view_says_what_it_takes_and_gives(lasting_api):
    views = lasting_api.app.view_functions

    assert [name for name, view in views.items() if name.startswith("api.") and operation_of(view) is None] == []


def test_every_reference_leads_somewhere(document):
    referred = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))

    assert referred == set(document["components"]["schemas"])


def test_a_problem_is_described_with_its_type(document):
    described = document["paths"]["/api/v1/devices/{name}"]["get"]["responses"]["404"]

    assert described["description"] == "No device has this name; Nothing is here"
    assert described["content"]["application/problem+json"]["schema"]["allOf"][1] == {
        "properties": {"type": {"enum": ["/api/v1/problems/unknown-device", "/api/v1/problems/not-found"]}}
    }


def test_parameters_are_described_by_what_reads_them(document):
    parameters = document["paths"]["/api/v1/devices/{name}/readings"]["get"]["parameters"]

    assert [one["name"] for one in parameters] == ["name", "start", "end", "resolution", "fields", "limit", "cursor"]
    assert parameters[3]["schema"] == {"type": "string", "enum": ["raw", "1m", "5m", "1h", "1d"], "default": "raw"}
    assert parameters[5]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10000, "default": 1000}


def test_who_may_call_is_part_of_the_description(document):
    paths = document["paths"]

    assert paths["/api/v1/readings"]["post"]["security"] == [{"deviceToken": []}]
    assert paths["/api/v1/devices"]["get"]["security"] == [{"readToken": []}, {"session": []}]
    assert paths["/api/v1/problems/{slug}"]["get"]["security"] == []


def test_operations_have_names_of_their_own(document):
    names = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]

    assert sorted(names) == sorted(set(names))


def test_only_known_problems_are_promised(document):
    promised = set(re.findall(r"/api/v1/problems/([a-z-]+)", str(document)))

    assert promised <= set(PROBLEM_TYPES)


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/docs", "/api/redoc", "/api/docs/swagger-ui-bundle.js"])
def test_the_reference_is_for_those_who_may_read(lasting_api, lasting_pi, path):
    lasting_api.is_person = False
    assert lasting_api.client.get(path).status_code == 401
    assert lasting_api.client.get(path, headers=lasting_pi.headers).status_code == 401

    lasting_api.is_person = True
    assert lasting_api.client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_pages_of_the_reference_bring_all_their_files(lasting_api, path):
    lasting_api.is_person = True
    page = lasting_api.client.get(path).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert addresses
    assert [lasting_api.client.get(one).status_code for one in addresses] == [200] * len(addresses)
    assert "<script>" not in page
    assert "//" not in page


def test_redoc_does_not_tell_its_maker_who_reads(lasting_api):
    lasting_api.is_person = True
    script = lasting_api.client.get("/api/docs/redoc.standalone.js").data

    assert b"cdn.redoc.ly" not in script
    assert lasting_api.client.get("/api/docs/redoc.svg").mimetype == "image/svg+xml"


@pytest.mark.parametrize("file", ["nope.js", "..%2f__init__.py", "swagger.html"])
def test_other_files_are_not_served(lasting_api, file):
    lasting_api.is_person = True

    assert lasting_api.client.get(f"/api/docs/{file}").status_code == 404


def test_head_says_what_get_would_and_options_names_the_methods(lasting_api):
    lasting_api.is_person = True
    full, head = (lasting_api.client.open("/api/v1/devices", method=method) for method in ("GET", "HEAD"))
    options = lasting_api.client.options("/api/v1/devices")

    assert (head.status_code, head.data, head.content_length) == (200, b"", len(full.data))
    assert options.status_code == 200
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_an_operation_with_several_good_answers_shows_them_all(document):
    responses = document["paths"]["/api/v1/enroll"]["post"]["responses"]

    assert {"200", "201", "202", "401", "409", "422"} <= responses.keys()
    assert responses["202"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Waiting"}


def test_patterns_are_written_as_json_schema_reads_them(document):
    assert r"\Z" not in str(document)
    assert document["components"]["schemas"]["Body"]["properties"]["stream"]["anyOf"][0]["pattern"].endswith("$")
