-- +goose Up
ALTER TABLE kvmbridge_runs
  ADD KEY started (started_at, result);
