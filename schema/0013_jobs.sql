-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_jobs (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'in order of asking',
  service_id INT UNSIGNED NOT NULL COMMENT 'tblhosting.id',
  job VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'name of the one-off job: power, start, stop, ...',
  again TINYINT(1) NOT NULL DEFAULT 0 COMMENT '1 = asked for once more since the present run of it began; it runs once more',
  asked_at DATETIME(6) NOT NULL COMMENT 'UTC; first time it was asked for',
  PRIMARY KEY (id),
  UNIQUE KEY asked (service_id, job)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='One-off jobs that wait for their machine to stand at ready';
