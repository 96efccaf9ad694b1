-- +goose Up
CREATE TABLE IF NOT EXISTS kvmbridge_vm (
  service_id INT UNSIGNED NOT NULL COMMENT 'tblhosting.id; the record itself is in puqProxmoxKVM_vm_info',
  server_id INT UNSIGNED NOT NULL COMMENT 'tblservers.id of the cluster the guest lives on',
  node VARCHAR(64) NOT NULL DEFAULT '' COMMENT 'Proxmox node where the guest was last seen',
  task VARCHAR(255) NOT NULL DEFAULT '' COMMENT 'UPID the present step waits for; a hint, empty = none',
  suspended TINYINT(1) NOT NULL DEFAULT 0 COMMENT 'wish of SuspendAccount: 1 = should be suspended',
  wake_at DATETIME(6) NULL COMMENT 'UTC; when somebody should look at the machine, NULL = nothing to do by time; while leased: end of the lease',
  woken TINYINT(1) NOT NULL DEFAULT 0 COMMENT '1 = an event arrived since the present lease was taken; the machine is due again when the lease ends',
  lease_holder VARCHAR(40) NULL COMMENT 'random id of the process that works on the machine, NULL = nobody',
  lease_token BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'grows with every lease; every write of a lease carries it',
  failures INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'failures of the present step in a row',
  failing_since DATETIME(6) NULL COMMENT 'UTC; first of these failures',
  attention TEXT NULL COMMENT 'why a person should look; NULL = no need',
  attention_at DATETIME(6) NULL COMMENT 'UTC; since when a person should look',
  last_error TEXT NULL COMMENT 'text of the last failure; NULL after a success',
  created_at DATETIME(6) NOT NULL COMMENT 'UTC; when the present order was written down',
  PRIMARY KEY (service_id),
  KEY wake_at (wake_at),
  KEY lease_holder (lease_holder),
  KEY attention_at (attention_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Who works on which machine, when next, and how it goes';
