-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_secrets (
  purpose VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'what the secret is: guest_password',
  ref_id INT UNSIGNED NOT NULL COMMENT 'whose secret it is: tblhosting.id',
  sealed BLOB NOT NULL COMMENT 'the secret, sealed with our own key',
  saved_at DATETIME(6) NOT NULL COMMENT 'UTC',
  PRIMARY KEY (purpose, ref_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Secrets at rest';
