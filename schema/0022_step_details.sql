-- +goose Up
ALTER TABLE kvmbridge_run_steps
  ADD COLUMN details TEXT NULL COMMENT 'what the step tells, one line each, such as its DNS records; NULL = nothing';
