-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_run_steps (
  run_id BIGINT UNSIGNED NOT NULL COMMENT 'kvmbridge_runs.id',
  n INT UNSIGNED NOT NULL COMMENT 'number of the line, from 1 in every run',
  label VARCHAR(100) NOT NULL COMMENT 'what the step does',
  from_status VARCHAR(64) NOT NULL COMMENT 'vm_status before',
  to_status VARCHAR(64) NOT NULL COMMENT 'vm_status after; equal to before when the step failed',
  result TEXT NOT NULL COMMENT 'success or the text of the error',
  skip TEXT NULL COMMENT 'why the step had nothing to do; NULL = it was done',
  started_at DATETIME(6) NOT NULL COMMENT 'UTC',
  took_us BIGINT UNSIGNED NOT NULL COMMENT 'duration in microseconds',
  PRIMARY KEY (run_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Log lines of runs';
