-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_runs (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'in order of start',
  service_id INT UNSIGNED NOT NULL COMMENT 'tblhosting.id',
  action VARCHAR(40) NOT NULL COMMENT 'name of the table of steps: deploy, change_package, ...',
  from_status VARCHAR(64) NOT NULL COMMENT 'vm_status at the start',
  to_status VARCHAR(64) NOT NULL COMMENT 'vm_status reached',
  result VARCHAR(16) NOT NULL COMMENT 'running, success or waiting',
  error TEXT NULL COMMENT 'why the run waits',
  steps INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'log lines of the run',
  repeats INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'further runs that failed at once in the same way and were not written again',
  started_at DATETIME(6) NOT NULL COMMENT 'UTC',
  finished_at DATETIME(6) NULL COMMENT 'UTC; of the last repetition; NULL while running',
  PRIMARY KEY (id),
  KEY service (service_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Runs of tables of steps, the newest 50 of each machine';
