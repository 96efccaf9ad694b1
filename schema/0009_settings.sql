-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_settings (
  name VARCHAR(64) NOT NULL COMMENT 'name of the setting',
  value MEDIUMTEXT NOT NULL COMMENT 'its value',
  changed_at DATETIME(6) NOT NULL COMMENT 'UTC',
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Settings of this installation';
