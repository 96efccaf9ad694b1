-- +goose Up
ALTER TABLE kvmbridge_vm
  ADD COLUMN backup_plan_at DATETIME(6) NULL COMMENT 'UTC; when the weekly plan of backups was saved, NULL = unknown',
  ADD COLUMN snapshot_plan_at DATETIME(6) NULL COMMENT 'UTC; when the weekly plan of snapshots was saved, NULL = unknown';
