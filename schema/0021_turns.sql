-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_turns (
  name CHAR(64) NOT NULL COMMENT 'what only one process may do at a time, as a hash',
  holder VARCHAR(64) NOT NULL COMMENT 'process that has the turn',
  until DATETIME(6) NOT NULL COMMENT 'UTC; from then on anybody may take it',
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='turns at servers that bear one writer only';
