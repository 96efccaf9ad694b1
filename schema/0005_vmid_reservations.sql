-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_vmid_reservations (
  server_id INT UNSIGNED NOT NULL COMMENT 'tblservers.id of the cluster',
  vmid INT UNSIGNED NOT NULL COMMENT 'Proxmox VM id',
  service_id INT UNSIGNED NULL COMMENT 'tblhosting.id of the holder; NULL = the id turned out to belong to somebody else and is never used',
  reserved_at DATETIME(6) NOT NULL COMMENT 'UTC',
  PRIMARY KEY (server_id, vmid),
  UNIQUE KEY holder (server_id, service_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='VM ids taken before the guest exists';
