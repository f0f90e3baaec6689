"""Fields for numbers."""

from app.components import change_input, number_input


def test_fields_for_numbers_are_text_with_the_keys_that_a_phone_needs():
    fields = [number_input("ph", "pH"), change_input("change", "pH change")]

    assert [field.to_plotly_json()["type"] for field in fields] == ["TextInput", "TextInput"]
    assert [field.inputProps for field in fields] == [{"inputMode": "decimal"}, {"inputMode": "text"}]
