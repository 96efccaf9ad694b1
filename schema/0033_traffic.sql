-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_traffic (
  service_id INT UNSIGNED NOT NULL COMMENT 'tblhosting.id',
  server_id INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'tblservers.id of the guest that was read last',
  vm_id INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'its Proxmox VM id',
  node VARCHAR(64) NOT NULL DEFAULT '' COMMENT 'node it ran on',
  taken_at DATETIME(6) NULL COMMENT 'UTC; when it was read last, NULL = never',
  uptime BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'seconds that its process ran then, 0 = it did not run',
  net_in BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'counter of its process: bytes received by the guest',
  net_out BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'counter of its process: bytes sent by the guest',
  hour_at DATETIME NULL COMMENT 'UTC; start of the hour that is not in puqProxmoxKVM_statistics yet, NULL = none',
  hour_in BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'bytes received in that hour so far',
  hour_out BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'bytes sent in that hour so far',
  hour_estimated BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'of both: from averages of Proxmox, not from counters',
  month_at DATETIME NULL COMMENT 'UTC; start of the billing period, NULL = nothing counted yet',
  month_in BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'bytes received in that period so far, the open hour included',
  month_out BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'bytes sent in that period so far, the open hour included',
  month_estimated BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'of both: from averages of Proxmox, not from counters',
  notice_at DATETIME NULL COMMENT 'UTC; start of the period that notice is about, NULL = none',
  notice SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'percentage of the allowance that was told last: 0, 80 or 100',
  throttled TINYINT(1) NOT NULL DEFAULT 0 COMMENT '1 = the allowance is used up and the network card has to be slow',
  version BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'counts the changes of the row; a result made from an older version is dropped',
  PRIMARY KEY (service_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Traffic of each service: the last reading and what is counted so far';
