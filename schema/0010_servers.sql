-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_servers (
  server_id INT UNSIGNED NOT NULL COMMENT 'tblservers.id',
  fingerprint VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'of the encrypted text in tblservers.password the secret was decrypted from; another text there makes the secret stale',
  sealed BLOB NOT NULL COMMENT 'the decrypted password or token secret, sealed with our own key',
  saved_at DATETIME(6) NOT NULL COMMENT 'UTC',
  PRIMARY KEY (server_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Credentials of Proxmox servers, as WHMCS decrypted them for us';
