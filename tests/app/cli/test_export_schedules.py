"""``hydrofleet exports``: schedules made, listed and ended."""


def test_a_schedule_is_made_listed_and_ended(hydrofleet, tmp_path):
    made = hydrofleet("exports", "schedule", "night", "--folder", str(tmp_path), "--format", "parquet", "--hour", "3")
    assert made.exit_code == 0, made.output
    assert "the first file of night is due on" in made.output
    assert "parquet" in hydrofleet("exports", "list").output

    ended = hydrofleet("exports", "unschedule", "night")

    assert ended.exit_code == 0, ended.output
    assert "parquet" not in hydrofleet("exports", "list").output
    assert hydrofleet("exports", "history").exit_code == 0
    assert hydrofleet("exports", "unschedule", "night").exit_code != 0
