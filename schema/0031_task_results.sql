-- +goose Up
ALTER TABLE kvmbridge_tasks
  ADD COLUMN last_processed INT UNSIGNED NULL COMMENT 'things handled by the last run that ended; NULL = never',
  ADD COLUMN last_errors INT UNSIGNED NULL COMMENT 'those of them that failed',
  ADD COLUMN last_details MEDIUMTEXT NULL COMMENT 'JSON list: one line per thing that is worth telling';
