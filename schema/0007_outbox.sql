-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_outbox (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'in order of creation',
  service_id INT UNSIGNED NOT NULL COMMENT 'tblhosting.id the effect is about',
  kind VARCHAR(16) NOT NULL COMMENT 'mail, activity or password',
  subject TEXT NOT NULL COMMENT 'mail: name of the WHMCS template; activity: the text of the entry',
  vars MEDIUMTEXT NOT NULL COMMENT 'mail: JSON object of merge fields; emptied after delivery',
  created_at DATETIME(6) NOT NULL COMMENT 'UTC',
  due_at DATETIME(6) NULL COMMENT 'UTC; when it may be tried (again); NULL = delivered',
  delivered_at DATETIME(6) NULL COMMENT 'UTC; NULL = not yet',
  attempts INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'tries so far; fences the answers of earlier tries',
  open_attempt TINYINT(1) NOT NULL DEFAULT 0 COMMENT '1 = a try began whose outcome is unknown: look before repeating it',
  mark_mail BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'highest tblemails.id before the first try with unknown outcome',
  mark_activity BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'highest tblactivitylog.id before that try',
  last_error TEXT NULL COMMENT 'why the last try failed',
  PRIMARY KEY (id),
  KEY due_at (due_at),
  KEY service_id (service_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Effects that WHMCS carries out for us, each exactly once';
