-- +goose Up
ALTER TABLE kvmbridge_runs
  MODIFY COLUMN action VARCHAR(40) NOT NULL COMMENT 'name of the table of steps: deploy, change_package, ..., or of the job',
  MODIFY COLUMN result VARCHAR(16) NOT NULL COMMENT 'running, success, waiting or error',
  MODIFY COLUMN error TEXT NULL COMMENT 'why the run waits, or gave up';
