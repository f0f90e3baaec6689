"""Fields for numbers."""

from app.components import change_input, count_input, number_input


def test_fields_for_numbers_are_text_with_the_keys_that_a_phone_needs():
    fields = [number_input("ph", "pH"), change_input("change", "pH change"), count_input("days", "Days")]

    assert [field.to_plotly_json()["type"] for field in fields] == ["TextInput"] * 3
    assert [field.inputProps["inputMode"] for field in fields] == ["decimal", "text", "numeric"]
