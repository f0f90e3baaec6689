import re
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

import app
from app.bundle import serve_bundles

ASSETS = Path(app.__file__).parent / "assets"


def test_a_page_brings_our_styles_and_scripts_as_one_file_each(viewer: FlaskClient):
    files = re.findall(r'(?:src|href)="(/(?:assets|bundle)/[^"]+)"', viewer.get("/").text)

    styles, scripts = (next(one for one in files if one.startswith(f"/bundle/all.{kind}?")) for kind in ("css", "js"))
    assert len(files) == 3  # the third one keeps a dark page from flashing up white
    assert all(path.read_text("utf-8") in viewer.get(styles).text for path in ASSETS.glob("*.css"))
    assert all(path.read_text("utf-8") in viewer.get(scripts).text for path in ASSETS.glob("*.js"))
    assert viewer.get(scripts).mimetype == "text/javascript"
    for one in files:
        assert viewer.get(one).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_files_follow_each_other_by_name_and_another_content_has_another_address(tmp_path: Path):
    (tmp_path / "20-b.css").write_text("b {}")
    (tmp_path / "10-a.css").write_text("a {}")
    before = serve_bundles(Flask("first"), tmp_path)["css"]

    (tmp_path / "20-b.css").write_text("b { color: red }")
    after = serve_bundles(Flask("second"), tmp_path)["css"]

    assert before.body == b"a {}\nb {}"
    assert before.address.split("?")[0] == after.address.split("?")[0] == "/bundle/all.css"
    assert before.address != after.address


def test_strangers_do_not_get_them(client: FlaskClient):
    assert client.get("/bundle/all.js").status_code == 401
