-- +goose Up
ALTER TABLE kvmbridge_dns_records
  MODIFY COLUMN state VARCHAR(16) NOT NULL COMMENT 'pending_create, live or pending_delete',
  MODIFY COLUMN due_at DATETIME(6) NULL COMMENT 'UTC; when the row is worked on, NULL = nothing to do, or nothing that another try would change',
  ADD COLUMN ours TINYINT(1) NOT NULL DEFAULT 1 COMMENT '0 = the value was there before us and is never removed',
  ADD COLUMN tried TINYINT(1) NOT NULL DEFAULT 0 COMMENT '1 = a write was begun, so that finding the value says nothing about who made it',
  ADD COLUMN version INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'counts the changes of what is wanted; a result of an older version settles nothing',
  ADD KEY record_set (zone_id, name(120), type);
