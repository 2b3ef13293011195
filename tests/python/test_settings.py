"""Which settings are accepted, and what is said of those that are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callmart import settings as module
from callmart.paths import PROJECT
from callmart.settings import PROJECT_FILE, Settings, SettingsError, load_settings, main, settings_table


def loaded(vars_text: str) -> Settings:
    return load_settings(PROJECT_FILE, vars_text)


def refusal(vars_text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(vars_text)
    return str(caught.value)


def refusal_or_nothing(vars_text: str) -> str:
    try:
        loaded(vars_text)
    except SettingsError as error:
        return str(error)
    return ""


def test_without_vars_the_values_are_those_of_the_project_file() -> None:
    defaults = yaml.safe_load(PROJECT_FILE.read_text(encoding="utf-8"))["vars"]
    assert load_settings(PROJECT_FILE, None).model_dump() == defaults
    assert load_settings(PROJECT_FILE, "").model_dump() == defaults


def test_a_given_value_takes_the_place_of_the_default_and_nothing_else() -> None:
    assert loaded("fcr_window_days: 14").model_dump() == {**loaded("{}").model_dump(), "fcr_window_days": 14}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{as_of: null}", None),
        ("{as_of: 2024-06-30}", "2024-06-30"),
        ('{"as_of": "2024-06-30"}', "2024-06-30"),
        ("as_of: 2024-06-30T22:00:00Z", "2024-06-30T22:00:00Z"),
        ("as_of: 2024-06-30T22:00:00+02:00", "2024-06-30T20:00:00Z"),
        ("as_of: '2024-07-01 00:00:00.250000+0530'", "2024-06-30T18:30:00.250000Z"),
        ("as_of: 2024-06-30T22:00-05:00", "2024-07-01T03:00:00Z"),
    ],
)
def test_as_of_is_nothing_a_date_or_an_instant_which_is_put_in_utc(text: str, expected: str | None) -> None:
    assert loaded(text).as_of == expected


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("soon", ""),
        ("20240630", ""),
        ("2024-6-30", ""),
        ("2024-02-30", "day is out of range for month"),
        ("2024-06-30T22:00:00", "add its offset"),
        ("2024-06-30T25:00:00Z", "hour must be in"),
        ("9999-12-31T23:00:00-05:00", "out of range"),
        ("٢٠٢٤-٠٦-٣٠", ""),
    ],
)
def test_an_as_of_that_is_neither_is_refused(value: str, hint: str) -> None:
    sentence = refusal(json.dumps({"as_of": value}))
    assert sentence.startswith("Set as_of to null, a date (YYYY-MM-DD) or an instant with its offset")
    assert hint in sentence


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("service_level_seconds", 0, 3600),
        ("short_abandon_seconds", 0, 600),
        ("ring_cycle_seconds", 1, 60),
        ("fcr_window_days", 1, 90),
        ("selfcare_window_hours", 1, 720),
        ("follow_up_days", 1, 365),
        ("lead_conversion_days", 1, 730),
        ("attempts_to_process", 1, 100),
        ("min_group_size", 2, 1000),
    ],
)
def test_a_threshold_may_be_its_bounds_and_nothing_beyond(name: str, low: int, high: int) -> None:
    for accepted in (low, high):
        assert getattr(loaded(f"{name}: {accepted}"), name) == accepted
    for refused in (low - 1, high + 1, f"{low}.0", "true", f"'{high}'", "null", "[1]"):
        assert refusal(f"{name}: {refused}").startswith(f"Set {name} to a whole number from {low} to {high}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "service_level_seconds: -5",
            "Set service_level_seconds to a whole number from 0 to 3600 (seconds), not to -5.",
        ),
        (
            "reporting_timezone: Europe/Pari",
            "Set reporting_timezone to the name of an IANA time zone, such as Europe/Paris, "
            'not to "Europe/Pari": did you mean Europe/Paris?',
        ),
        (
            "service_level_second: 3",
            'There is no variable "service_level_second" (in --vars): did you mean service_level_seconds?',
        ),
        ("zzz: 1", 'There is no variable "zzz" (in --vars): docs/settings.md lists those that exist.'),
        (
            "reporting_currency: eur",
            'Set reporting_currency to an ISO 4217 code of three capitals, such as EUR, not to "eur".',
        ),
        (
            "centre_company_size: huge",
            'Set centre_company_size to null, small, medium or enterprise, not to "huge".',
        ),
        (
            "20",
            "Write --vars as a YAML or JSON mapping, such as {as_of: 2024-06-30}, not 20.",
        ),
        (
            "{as_of: 2024-06-30, as_of: 2024-07-01}",
            "Write --vars as a YAML or JSON mapping, such as {as_of: 2024-06-30}: as_of is given twice.",
        ),
        (
            "pass_through_columns: {call: [crm]}",
            'There is no raw table "call" (in pass_through_columns): did you mean calls?',
        ),
        (
            "pass_through_columns: {calls: [call_id]}",
            "Take call_id out of the pass_through_columns of calls: the project has a column of that name.",
        ),
    ],
)
def test_the_sentence_says_what_to_set(text: str, sentence: str) -> None:
    assert refusal(text) == sentence


@pytest.mark.parametrize("zone", ["europe/paris", "localtime", "", "UTC+1", "../UTC", "Mars/Olympus"])
def test_a_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    assert refusal(json.dumps({"source_timezone": zone})).startswith("Set source_timezone to the name of")


@pytest.mark.parametrize("text", ["", "  ", "it's", 'a"b', "a\\b", "a\nb", "a\x1b[31mb", "x" * 101])
def test_a_text_that_could_leave_its_sql_literal_is_refused(text: str) -> None:
    for name in ("source_system", "centre_industry"):
        assert refusal(json.dumps({name: text})).startswith(f"Set {name} to ")


@pytest.mark.parametrize(
    "column",
    ["Crm", "1st", "a-b", "a b", "", "é", "x" * 64, "_file", "from_number_hash", "has_recording_url"],
)
def test_a_column_that_is_no_plain_name_or_hides_another_cannot_be_passed_through(column: str) -> None:
    assert "pass_through_columns of calls" in refusal(
        json.dumps({"pass_through_columns": {"calls": [column]}})
    )


def test_columns_to_pass_through_are_kept_by_table() -> None:
    columns = {"calls": ["crm_tag", "_skill"], "orders": ["score"]}
    assert loaded(json.dumps({"pass_through_columns": columns})).pass_through_columns == columns


def test_a_table_whose_columns_go_nowhere_is_refused() -> None:
    assert refusal("pass_through_columns: {leads: [score]}").startswith(
        "Take leads out of pass_through_columns: its columns are not carried."
    )


def test_every_table_that_carries_columns_ends_with_them() -> None:
    for table in (
        "calls",
        "campaign_costs",
        "customers",
        "email_sends",
        "opportunities",
        "orders",
        "tickets",
    ):
        found = [
            path
            for path in (PROJECT / "models" / "marts" / "core").glob("*.sql")
            if f"passed_through('{table}')" in path.read_text(encoding="utf-8")
        ]
        assert len(found) == 1, table
        loaded(json.dumps({"pass_through_columns": {table: ["crm_tag"]}}))


def test_a_column_is_passed_through_once() -> None:
    assert refusal("pass_through_columns: {calls: [crm_tag, crm_tag]}").startswith("Name crm_tag once")


@pytest.mark.parametrize(
    "text",
    ["{a", "a: b: c", "- x", "!!python/object:os.system ls", "x: &a [*a]", "? [a]\n: b", "\x00", "a: 'b"],
)
def test_what_is_no_mapping_is_refused_in_one_sentence(text: str) -> None:
    assert refusal(text).startswith("Write --vars as a YAML or JSON mapping")


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_accepted_or_refused_in_one_line(text: str) -> None:
    assert len(refusal_or_nothing(text).splitlines()) <= 1


@hypothesis_settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(sorted(Settings.model_fields)),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(max_size=3)),
        max_size=3,
    )
)
def test_any_value_is_accepted_or_refused_in_one_line(values: dict[str, object]) -> None:
    assert len(refusal_or_nothing(json.dumps(values)).splitlines()) <= 1


def test_a_default_that_is_missing_or_unknown_is_named(tmp_path: Path) -> None:
    project = yaml.safe_load(PROJECT_FILE.read_text(encoding="utf-8"))
    file = tmp_path / "dbt_project.yml"
    defaults = {name: value for name, value in project["vars"].items() if name != "fcr_window_days"}
    file.write_text(yaml.safe_dump({"vars": defaults}), encoding="utf-8")
    with pytest.raises(
        SettingsError, match=r"^Give fcr_window_days a default under `vars` in dbt_project\.yml\.$"
    ):
        load_settings(file, None)
    file.write_text(yaml.safe_dump({"vars": {**project["vars"], "as_off": None}}), encoding="utf-8")
    with pytest.raises(
        SettingsError, match=r'^There is no variable "as_off" \(in dbt_project\.yml\): did you mean as_of\?$'
    ):
        load_settings(file, None)
    file.write_text("name: callmart", encoding="utf-8")
    with pytest.raises(SettingsError, match="under `vars`"):
        load_settings(file, None)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "absent.yml", None)


def test_the_table_has_a_line_with_default_bounds_and_meaning_for_every_setting() -> None:
    lines = settings_table().splitlines()[2:]
    assert [line.split("|")[1].strip(" `") for line in lines] == list(Settings.model_fields)
    assert all(len(line.split("|")[5].strip()) > 20 for line in lines)
    assert "| `20` | a whole number from 0 to 3600 | seconds |" in next(
        line for line in lines if "service_level" in line
    )


def test_the_page_is_checked_against_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "docs" / "settings.md"
    monkeypatch.setattr(module, "PAGE", page)
    assert main(["--check"]) == 1
    assert "run python -m callmart.settings --write" in capsys.readouterr().err
    assert main(["--write"]) == 0
    assert main(["--check"]) == 0
    page.write_text(page.read_text(encoding="utf-8").replace("3600", "3601"), encoding="utf-8")
    assert main(["--check"]) == 1
