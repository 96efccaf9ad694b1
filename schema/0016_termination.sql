-- +goose Up
ALTER TABLE kvmbridge_vm
  ADD COLUMN ended_at DATETIME(6) NULL COMMENT 'UTC; when the termination under way was ordered, NULL = none is';
