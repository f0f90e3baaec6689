"""The whole data model, as one step from an empty database.

Readings are partitioned by month; the default partition takes what no month covers, so that one odd row never
rejects a batch. Which table lives where on a cluster is said in models/tables (``scale``).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

revision = "0001"
down_revision = None

TABLES = (
    "users",
    "invitations",
    "sessions",
    "login_attempts",
    "audit_log",
    "sites",
    "devices",
    "device_tokens",
    "enrollment_keys",
    "pending_enrollments",
    "read_tokens",
    "crops",
    "growth_stages",
    "targets",
    "plantings",
    "calibrations",
    "flag_overrides",
    "readings",
    "streams",
    "device_state",
    "quarantine",
    "events",
    "reading_hours",
    "reading_days",
    "dirty_hours",
    "alert_rules",
    "alerts",
    "notifications",
    "exports",
    "jobs",
)


def upgrade() -> None:
    _people()
    _devices()
    _crops()
    _calibrations()
    _readings()
    _rollups()
    _operations()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("time_zone", sa.Text()),
        sa.Column("unit", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("name = lower(name) AND name <> ''", name="ck_users_name"),
        sa.CheckConstraint("role IN ('viewer', 'agronomist', 'admin')", name="ck_users_role"),
        sa.CheckConstraint("unit IN ('ppm500', 'ppm640', 'ppm700', 'ms-cm', 'us-cm')", name="ck_users_unit"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "invitations",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("octet_length(digest) = 32", name="ck_invitations_digest"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_invitations_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_invitations"),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("user_agent", sa.Text()),
        sa.CheckConstraint("octet_length(digest) = 32", name="ck_sessions_digest"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_attempts"),
    )
    op.create_index("ix_login_attempts_name_failed_at", "login_attempts", ["name", "failed_at"])
    op.create_index("ix_login_attempts_network_failed_at", "login_attempts", ["network", "failed_at"])
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text()),
        sa.Column("object_id", sa.Text()),
        sa.Column("request_id", sa.Text()),
        sa.Column("details", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_object", "audit_log", ["object_kind", "object_id"])


def _devices() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Jakarta", nullable=False),
        sa.Column("ppm_scale", sa.SmallInteger(), server_default="500", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ppm_scale IN (500, 640, 700)", name="ck_sites_ppm_scale"),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
        sa.UniqueConstraint("name", name="uq_sites_name"),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text()),
        sa.Column("site_id", sa.BigInteger()),
        sa.Column("zone", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("origin", sa.Text(), server_default="agent", nullable=False),
        sa.Column("medium", sa.Text(), server_default="nutrient", nullable=False),
        sa.Column("has_history", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("interval_s", sa.Integer(), server_default="60", nullable=False),
        sa.Column("tank_volume_l", sa.Double()),
        sa.Column("attributes", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("untrusted_since", sa.DateTime(timezone=True)),
        sa.CheckConstraint("medium IN ('nutrient', 'natural')", name="ck_devices_medium"),
        sa.CheckConstraint("name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'", name="ck_devices_name"),
        sa.CheckConstraint("origin IN ('agent', 'import', 'demo')", name="ck_devices_origin"),
        sa.CheckConstraint("status IN ('active', 'blocked', 'retired')", name="ck_devices_status"),
        sa.CheckConstraint("interval_s BETWEEN 1 AND 86400", name="ck_devices_interval_s"),
        sa.CheckConstraint("tank_volume_l > 0", name="ck_devices_tank_volume_l"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_devices_site_id_sites"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("name", name="uq_devices_name"),
        sa.UniqueConstraint("serial", name="uq_devices_serial"),
    )
    op.create_index("ix_devices_site_id", "devices", ["site_id"])
    op.create_table(
        "device_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("octet_length(digest) = 32", name="ck_device_tokens_digest"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_device_tokens_device_id_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_device_tokens"),
        sa.UniqueConstraint("digest", name="uq_device_tokens_digest"),
    )
    op.create_index("ix_device_tokens_device_id", "device_tokens", ["device_id"])
    op.create_table(
        "enrollment_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("site_id", sa.BigInteger()),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("octet_length(digest) = 32", name="ck_enrollment_keys_digest"),
        sa.CheckConstraint("uses BETWEEN 0 AND max_uses", name="ck_enrollment_keys_uses"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_enrollment_keys_created_by_users"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_enrollment_keys_site_id_sites"),
        sa.PrimaryKeyConstraint("id", name="pk_enrollment_keys"),
        sa.UniqueConstraint("digest", name="uq_enrollment_keys_digest"),
    )
    op.create_table(
        "pending_enrollments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.BigInteger()),
        sa.Column("enrollment_key_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.BigInteger()),
        sa.CheckConstraint("state IN ('pending', 'approved', 'rejected')", name="ck_pending_enrollments_state"),
        sa.CheckConstraint("octet_length(digest) = 32", name="ck_pending_enrollments_digest"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_pending_enrollments_decided_by_users"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_pending_enrollments_device_id_devices"),
        sa.ForeignKeyConstraint(
            ["enrollment_key_id"],
            ["enrollment_keys.id"],
            name="fk_pending_enrollments_enrollment_key_id_enrollment_keys",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pending_enrollments"),
        sa.UniqueConstraint("serial", "digest", name="uq_pending_enrollments_serial_digest"),
    )
    op.create_table(
        "read_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("device_ids", ARRAY(sa.BigInteger())),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("octet_length(digest) = 32", name="ck_read_tokens_digest"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_read_tokens_created_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_read_tokens"),
        sa.UniqueConstraint("digest", name="uq_read_tokens_digest"),
    )


def _crops() -> None:
    op.create_table(
        "crops",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_crops"),
        sa.UniqueConstraint("key", name="uq_crops_key"),
    )
    op.create_table(
        "growth_stages",
        sa.Column("crop_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("from_day", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("from_day >= 0", name="ck_growth_stages_from_day"),
        sa.ForeignKeyConstraint(["crop_id"], ["crops.id"], name="fk_growth_stages_crop_id_crops"),
        sa.PrimaryKeyConstraint("crop_id", "stage", name="pk_growth_stages"),
    )
    op.create_table(
        "targets",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("crop_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.CheckConstraint("quantity IN ('ph', 'ec_us_cm', 'water_c')", name="ck_targets_quantity"),
        sa.CheckConstraint("low < high", name="ck_targets_band"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_targets_created_by_users"),
        sa.ForeignKeyConstraint(["crop_id"], ["crops.id"], name="fk_targets_crop_id_crops"),
        sa.PrimaryKeyConstraint("id", name="pk_targets"),
        sa.UniqueConstraint(
            "crop_id", "stage", "quantity", "valid_from", name="uq_targets_crop_id_stage_quantity_valid_from"
        ),
    )
    op.create_table(
        "plantings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("crop_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transplanted_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.CheckConstraint("ended_at IS NULL OR started_at < ended_at", name="ck_plantings_span"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_plantings_created_by_users"),
        sa.ForeignKeyConstraint(["crop_id"], ["crops.id"], name="fk_plantings_crop_id_crops"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_plantings_device_id_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_plantings"),
    )
    op.create_index("ix_plantings_device_id_started_at", "plantings", ["device_id", "started_at"])


def _calibrations() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.Column("points", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("buffer_set", sa.Text()),
        sa.Column("temperature_c", sa.Double()),
        sa.Column("slope_percent", sa.Double()),
        sa.Column("offset_mv", sa.Double()),
        sa.Column("technician", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("forced_reason", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("voided_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "method IN ('nominal', 'one-point', 'two-point', 'three-point', 'offset')", name="ck_calibrations_method"
        ),
        sa.CheckConstraint("quantity IN ('ph', 'ec_us_cm')", name="ck_calibrations_quantity"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_calibrations_created_by_users"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_calibrations_device_id_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_calibrations"),
    )
    op.create_index(
        "ix_calibrations_device_id_quantity_valid_from", "calibrations", ["device_id", "quantity", "valid_from"]
    )
    op.create_table(
        "flag_overrides",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flag", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("voided_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("quantity IN ('ph', 'ec_us_cm', 'water_c')", name="ck_flag_overrides_quantity"),
        sa.CheckConstraint("flag IN (1, 2, 3, 4)", name="ck_flag_overrides_flag"),
        sa.CheckConstraint("start_at < end_at", name="ck_flag_overrides_span"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_flag_overrides_created_by_users"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_flag_overrides_device_id_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_flag_overrides"),
    )
    op.create_index("ix_flag_overrides_device_id_start_at", "flag_overrides", ["device_id", "start_at"])


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ts", TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("water_c", sa.Double()),
        sa.Column("ph", sa.Double()),
        sa.Column("ec_us_cm", sa.Double()),
        sa.Column("ph_sent", sa.Double()),
        sa.Column("ec_sent", sa.Double()),
        sa.Column("ph_measured", sa.Double()),
        sa.Column("ec_measured", sa.Double()),
        sa.Column("tests", sa.BigInteger()),
        sa.Column("ph_mv", sa.REAL()),
        sa.Column("ec_mv", sa.REAL()),
        sa.Column("seq", sa.Integer()),
        sa.Column("ph_calibration_id", sa.Integer()),
        sa.Column("ec_calibration_id", sa.Integer()),
        sa.Column("stream", sa.SmallInteger()),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("clock", sa.SmallInteger()),
        sa.CheckConstraint("ts >= '1990-01-01 00:00+00' AND ts < '2100-01-01 00:00+00'", name="ck_readings_ts"),
        sa.CheckConstraint("ec_mv BETWEEN -10000 AND 10000", name="ck_readings_ec_mv"),
        sa.CheckConstraint("ec_sent BETWEEN -1e6 AND 1e6", name="ck_readings_ec_sent"),
        sa.CheckConstraint("ec_us_cm BETWEEN 0 AND 100000", name="ck_readings_ec_us_cm"),
        sa.CheckConstraint("ph BETWEEN 0 AND 14", name="ck_readings_ph"),
        sa.CheckConstraint("ph_mv BETWEEN -10000 AND 10000", name="ck_readings_ph_mv"),
        sa.CheckConstraint("ph_sent BETWEEN -1e6 AND 1e6", name="ck_readings_ph_sent"),
        sa.CheckConstraint("water_c BETWEEN -55 AND 125", name="ck_readings_water_c"),
        sa.PrimaryKeyConstraint("device_id", "ts", name="pk_readings"),
        postgresql_partition_by="RANGE (ts)",
    )
    op.create_index("ix_readings_ts", "readings", ["ts"], postgresql_using="brin")
    op.execute("CREATE TABLE readings_default PARTITION OF readings DEFAULT")
    op.create_table(
        "streams",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("dropped", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("device_id", "number", name="pk_streams"),
        sa.UniqueConstraint("device_id", "name", name="uq_streams_device_id_name"),
    )
    op.create_table(
        "device_state",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True)),
        sa.Column("ph", sa.Double()),
        sa.Column("ec_us_cm", sa.Double()),
        sa.Column("water_c", sa.Double()),
        sa.Column("quality", sa.SmallInteger()),
        sa.Column("tests", sa.BigInteger()),
        sa.Column("ph_mv", sa.REAL()),
        sa.Column("ec_mv", sa.REAL()),
        sa.Column("skew_ms", sa.BigInteger()),
        sa.Column("interval_s", sa.Double()),
        sa.Column("agent", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name="fk_device_state_device_id_devices", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", name="pk_device_state"),
    )
    op.create_table(
        "quarantine",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reading", JSONB(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_by", sa.BigInteger()),
        sa.Column("retimed_to", sa.DateTime(timezone=True)),
        sa.CheckConstraint("reason IN ('future', 'too-old', 'before-device', 'replaced')", name="ck_quarantine_reason"),
        sa.CheckConstraint("octet_length(digest) = 32", name="ck_quarantine_digest"),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name="fk_quarantine_device_id_devices", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", "digest", name="pk_quarantine"),
    )
    op.create_table(
        "events",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("hidden_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "kind IN ('dose', 'top-up', 'water-change', 'acid', 'base', 'clean', 'service', 'check', 'note')",
            name="ck_events_kind",
        ),
        sa.CheckConstraint("origin IN ('detected', 'manual')", name="ck_events_origin"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_events_device_id_devices", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id", "started_at", "kind", name="pk_events"),
    )


def _rollups() -> None:
    op.create_table(
        "reading_hours",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("n_suspect", sa.Integer(), nullable=False),
        sa.Column("n_fail", sa.Integer(), nullable=False),
        *_rollup_columns(),
        sa.PrimaryKeyConstraint("device_id", "hour", name="pk_reading_hours"),
    )
    op.create_index("ix_reading_hours_hour", "reading_hours", ["hour"], postgresql_using="brin")
    op.create_table(
        "reading_days",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("n_suspect", sa.Integer(), nullable=False),
        sa.Column("n_fail", sa.Integer(), nullable=False),
        *_rollup_columns(),
        sa.PrimaryKeyConstraint("device_id", "day", name="pk_reading_days", postgresql_include=_mapped_columns()),
    )
    op.create_table(
        "dirty_hours",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "hour", name="pk_dirty_hours"),
    )


def _operations() -> None:
    op.create_table(
        "alert_rules",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("severity IN ('warning', 'critical')", name="ck_alert_rules_severity"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_alert_rules_created_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_rules"),
        sa.UniqueConstraint("name", name="uq_alert_rules_name"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.BigInteger()),
        sa.Column("incident", sa.Text()),
        sa.Column("details", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["users.id"], name="fk_alerts_acknowledged_by_users"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_alerts_device_id_devices"),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rules.id"], name="fk_alerts_rule_id_alert_rules"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index(
        "ix_alerts_open",
        "alerts",
        ["device_id", "rule_id"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger()),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("message", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
    )
    op.create_index("ix_notifications_due_at", "notifications", ["due_at"])
    op.create_table(
        "exports",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("query", JSONB(), nullable=False),
        sa.Column("schedule", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text()),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="ck_exports_state"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_exports_created_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.Column("progress", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text()),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="ck_jobs_state"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_jobs_created_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])


def _mapped_columns() -> list[str]:
    names = ("n", "sum", "covered_s", "below_s", "above_s")
    return [f"{quantity}_{name}" for quantity in ("ph", "ec", "water") for name in names]


def _rollup_columns() -> list[sa.Column]:
    quantities = ("ph", "ec", "water")
    names = ("sum", "sumsq", "min", "max", "first", "last", "covered_s", "below_s", "above_s")
    return [
        *(sa.Column(f"{quantity}_n", sa.Integer(), nullable=False) for quantity in quantities),
        *(sa.Column(f"{quantity}_{name}", sa.Double()) for quantity in quantities for name in names),
        *(sa.Column(f"{quantity}_hist", ARRAY(sa.Integer())) for quantity in quantities),
    ]
