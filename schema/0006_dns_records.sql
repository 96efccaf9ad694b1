-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_dns_records (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'number of the entry',
  service_id INT UNSIGNED NOT NULL COMMENT 'tblhosting.id the record was made for',
  zone_id INT UNSIGNED NOT NULL COMMENT 'puq_proxmox_kvm_dns_zones.id',
  name VARCHAR(255) NOT NULL COMMENT 'full name without a trailing dot, lower-case',
  type VARCHAR(10) NOT NULL COMMENT 'A, AAAA or PTR',
  content VARCHAR(255) NOT NULL COMMENT 'value that belongs to us; foreign values beside it are left alone',
  state VARCHAR(16) NOT NULL COMMENT 'pending_create, live or pending_delete',
  attempts INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'tries of the pending change',
  last_error TEXT NULL COMMENT 'why the last try failed',
  due_at DATETIME(6) NULL COMMENT 'UTC; when the pending change is tried again, NULL = nothing pending',
  changed_at DATETIME(6) NOT NULL COMMENT 'UTC',
  PRIMARY KEY (id),
  KEY service_id (service_id),
  KEY due_at (due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='DNS values that belong to us: only these are ever removed';
