-- +goose Up
ALTER TABLE kvmbridge_dns_records
  ADD COLUMN standing TINYINT AS (CASE WHEN last_error IS NOT NULL THEN 2 WHEN state <> 'live' OR due_at IS NOT NULL THEN 1 ELSE 0 END) STORED
    COMMENT '0 = as it should be, 1 = on its way, 2 = the last try failed',
  ADD KEY standing (standing, zone_id, ours, tried, state);
