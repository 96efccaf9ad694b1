-- +goose Up
ALTER TABLE kvmbridge_outbox
  MODIFY COLUMN kind VARCHAR(16) NOT NULL COMMENT 'mail, activity, password, webhook or note',
  MODIFY COLUMN subject TEXT NOT NULL COMMENT 'mail: name of the WHMCS template; activity, webhook: the text; note: the action of the entry in the module log',
  MODIFY COLUMN vars MEDIUMTEXT NOT NULL COMMENT 'mail: JSON object of merge fields; note: its text; emptied after delivery';
