-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_tasks (
  name VARCHAR(40) NOT NULL COMMENT 'task id: processVirtualMachines, ...',
  last_started_at DATETIME(6) NULL COMMENT 'UTC; NULL = never',
  last_finished_at DATETIME(6) NULL COMMENT 'UTC; NULL = never or running',
  last_result TEXT NULL COMMENT 'success or the text of the error',
  lease_holder VARCHAR(40) NULL COMMENT 'random id of the process that runs it, NULL = nobody',
  lease_until DATETIME(6) NULL COMMENT 'UTC; when the lease ends by itself',
  lease_token BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'grows with every lease',
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Periodic tasks: last run and who runs them';
