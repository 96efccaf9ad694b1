-- +goose Up
ALTER TABLE kvmbridge_vm
  ADD COLUMN wish VARCHAR(64) NULL COMMENT 'vm_status to take up as soon as the machine is ready, NULL = none',
  ADD COLUMN adopted TINYINT(1) NOT NULL DEFAULT 0 COMMENT '1 = the guest was not built by this module and carries no mark; VM id and name make it ours',
  ADD COLUMN discard TINYINT(1) NOT NULL DEFAULT 0 COMMENT '1 = the guest of an earlier order has to be removed before this one is built',
  ADD COLUMN next_name VARCHAR(255) NULL COMMENT 'name of the guest once the earlier one is removed, NULL = vm_name';
