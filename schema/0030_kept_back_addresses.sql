-- +goose Up
ALTER TABLE kvmbridge_ip_allocations
  MODIFY COLUMN service_id INT UNSIGNED NOT NULL COMMENT 'tblhosting.id of the holder, 0 = nobody: the address is kept back',
  ADD COLUMN note VARCHAR(255) NULL COMMENT 'why the address is kept back, at once or as soon as its service gives it up; NULL = it is not',
  ADD COLUMN noted_by INT UNSIGNED NULL COMMENT 'tbladmins.id of who keeps it back',
  ADD COLUMN noted_at DATETIME(6) NULL COMMENT 'UTC; since when';
