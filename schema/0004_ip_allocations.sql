-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_ip_allocations (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'in order of allocation',
  server_id INT UNSIGNED NOT NULL COMMENT 'tblservers.id of the cluster',
  bridge VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Proxmox bridge',
  vlan SMALLINT UNSIGNED NOT NULL COMMENT 'VLAN tag, 0 = untagged',
  address VARBINARY(16) NOT NULL COMMENT 'the address, 4 or 16 bytes in network order',
  service_id INT UNSIGNED NOT NULL COMMENT 'tblhosting.id of the holder',
  pool_id INT UNSIGNED NOT NULL COMMENT 'puq_proxmox_kvm_ip_pools.id at that time, 0 = legacy list of the server entry',
  prefix_bits TINYINT UNSIGNED NOT NULL COMMENT 'prefix length at that time',
  gateway VARBINARY(16) NOT NULL COMMENT 'gateway at that time, bytes as address; empty = none',
  dns VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'DNS servers at that time, separated by commas',
  allocated_at DATETIME(6) NOT NULL COMMENT 'UTC',
  PRIMARY KEY (id),
  UNIQUE KEY place (server_id, bridge, vlan, address),
  KEY address (address, server_id, bridge, vlan, service_id),
  KEY service_id (service_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Which service holds which address; the unique key decides who gets it';
