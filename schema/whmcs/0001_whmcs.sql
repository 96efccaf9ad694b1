-- WHMCS tables that kvmbridge, its shim and devhost touch. Zero dates and empty strings instead of NULL are WHMCS's
-- habit and wanted here: code must live with them. Every semicolon in this file ends a statement.

SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION';

-- Client accounts. "userid" in every other table means tblclients.id. Names may hold HTML entities.
CREATE TABLE IF NOT EXISTS `tblclients` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `uuid` VARCHAR(255) NOT NULL DEFAULT '',
  `firstname` TEXT NOT NULL,
  `lastname` TEXT NOT NULL,
  `companyname` TEXT NOT NULL,
  `email` TEXT NOT NULL,
  `address1` TEXT NOT NULL,
  `address2` TEXT NOT NULL,
  `city` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `postcode` TEXT NOT NULL,
  `country` TEXT NOT NULL,                                -- two letters
  `phonenumber` TEXT NOT NULL,
  `currency` INT NOT NULL DEFAULT 1,
  `groupid` INT NOT NULL DEFAULT 0,
  `status` ENUM('Active','Inactive','Closed') NOT NULL DEFAULT 'Active',
  `language` TEXT NOT NULL,                               -- '' = the system's language
  `datecreated` DATE NOT NULL DEFAULT '0000-00-00',
  `created_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Login identities (WHMCS 8.0 and later) and which client accounts they may act for.
CREATE TABLE IF NOT EXISTS `tblusers` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `first_name` VARCHAR(255) NOT NULL DEFAULT '',
  `last_name` VARCHAR(255) NOT NULL DEFAULT '',
  `email` VARCHAR(255) NOT NULL DEFAULT '',
  `password` VARCHAR(255) NOT NULL DEFAULT '',            -- one-way hash
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblusers_clients` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `auth_user_id` INT UNSIGNED NOT NULL,                   -- tblusers.id
  `client_id` INT UNSIGNED NOT NULL,                      -- tblclients.id
  `owner` TINYINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Staff and their roles. Role 1 is the full administrator.
CREATE TABLE IF NOT EXISTS `tbladminroles` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `name` TEXT NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tbladmins` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `roleid` INT NOT NULL DEFAULT 0,
  `username` TEXT NOT NULL,
  `password` VARCHAR(255) NOT NULL DEFAULT '',            -- one-way hash
  `firstname` TEXT NOT NULL,
  `lastname` TEXT NOT NULL,
  `email` TEXT NOT NULL,
  `language` TEXT NOT NULL,
  `disabled` INT NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One row per provisioning server: here a Proxmox VE node or cluster entry.
CREATE TABLE IF NOT EXISTS `tblservers` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `name` TEXT NOT NULL,
  `ipaddress` TEXT NOT NULL,
  `assignedips` TEXT NOT NULL,                            -- free text, the reference product keeps its legacy address lines here
  `hostname` TEXT NOT NULL,
  `maxaccounts` INT NOT NULL DEFAULT 0,
  `type` TEXT NOT NULL,                                   -- folder of the server module
  `username` TEXT NOT NULL,
  `password` TEXT NOT NULL,                               -- encrypted by WHMCS
  `accesshash` TEXT NOT NULL,                             -- plain
  `secure` TEXT NOT NULL,                                 -- 'on' or ''
  `port` INT NULL DEFAULT NULL,                           -- NULL or 0 = the module's default
  `active` INT NOT NULL DEFAULT 0,                        -- 1 = default server of its type
  `disabled` INT NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblservergroups` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `name` TEXT NOT NULL,
  `filltype` INT NOT NULL DEFAULT 1,                      -- 1 = least full, 2 = fill up one by one
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblservergroupsrel` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `groupid` INT NOT NULL,
  `serverid` INT NOT NULL,
  PRIMARY KEY (`id`),
  KEY `groupid` (`groupid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Products. configoption<n> holds the n-th field that the module's ConfigOptions declares, all are empty until the
-- product's Module Settings tab is saved once.
CREATE TABLE IF NOT EXISTS `tblproductgroups` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `name` TEXT NOT NULL,
  `hidden` TINYINT(1) NOT NULL DEFAULT 0,
  `order` INT NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblproducts` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `type` TEXT NOT NULL,                                   -- hostingaccount, reselleraccount, server, other
  `gid` INT NOT NULL DEFAULT 0,
  `name` TEXT NOT NULL,
  `description` TEXT NOT NULL,
  `hidden` TINYINT(1) NOT NULL DEFAULT 0,
  `welcomeemail` INT NOT NULL DEFAULT 0,                  -- tblemailtemplates.id, 0 = none
  `upgradeemail` INT NOT NULL DEFAULT 0,
  `paytype` TEXT NOT NULL,                                -- free, onetime, recurring
  `autosetup` TEXT NOT NULL,                              -- '', on (at accept), payment, order
  `servertype` TEXT NOT NULL,                             -- folder of the server module
  `servergroup` INT NOT NULL DEFAULT 0,
  `configoption1` TEXT NOT NULL,
  `configoption2` TEXT NOT NULL,
  `configoption3` TEXT NOT NULL,
  `configoption4` TEXT NOT NULL,
  `configoption5` TEXT NOT NULL,
  `configoption6` TEXT NOT NULL,
  `configoption7` TEXT NOT NULL,
  `configoption8` TEXT NOT NULL,
  `configoption9` TEXT NOT NULL,
  `configoption10` TEXT NOT NULL,
  `configoption11` TEXT NOT NULL,
  `configoption12` TEXT NOT NULL,
  `configoption13` TEXT NOT NULL,
  `configoption14` TEXT NOT NULL,
  `configoption15` TEXT NOT NULL,
  `configoption16` TEXT NOT NULL,
  `configoption17` TEXT NOT NULL,
  `configoption18` TEXT NOT NULL,
  `configoption19` TEXT NOT NULL,
  `configoption20` TEXT NOT NULL,
  `configoption21` TEXT NOT NULL,
  `configoption22` TEXT NOT NULL,
  `configoption23` TEXT NOT NULL,
  `configoption24` TEXT NOT NULL,
  `configoptionsupgrade` TINYINT(1) NOT NULL DEFAULT 0,
  `order` INT NOT NULL DEFAULT 0,
  `retired` TINYINT(1) NOT NULL DEFAULT 0,
  `created_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Services: one row per ordered product.
CREATE TABLE IF NOT EXISTS `tblhosting` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `userid` INT NOT NULL DEFAULT 0,                        -- tblclients.id
  `orderid` INT NOT NULL DEFAULT 0,
  `packageid` INT NOT NULL DEFAULT 0,                     -- tblproducts.id
  `server` INT NOT NULL DEFAULT 0,                        -- tblservers.id, 0 = none
  `regdate` DATE NOT NULL DEFAULT '0000-00-00',
  `domain` TEXT NOT NULL,                                 -- host name of a server product
  `paymentmethod` TEXT NOT NULL,
  `qty` INT UNSIGNED NOT NULL DEFAULT 1,
  `firstpaymentamount` DECIMAL(16,2) NOT NULL DEFAULT 0.00,
  `amount` DECIMAL(16,2) NOT NULL DEFAULT 0.00,
  `billingcycle` TEXT NOT NULL,
  `nextduedate` DATE NULL DEFAULT NULL,
  `nextinvoicedate` DATE NOT NULL DEFAULT '0000-00-00',
  `termination_date` DATE NOT NULL DEFAULT '0000-00-00',
  `domainstatus` ENUM('Pending','Active','Suspended','Terminated','Cancelled','Fraud','Completed') NOT NULL DEFAULT 'Pending',
  `username` TEXT NOT NULL,
  `password` TEXT NOT NULL,                               -- encrypted by WHMCS
  `notes` TEXT NOT NULL,
  `suspendreason` TEXT NOT NULL,
  `dedicatedip` TEXT NOT NULL,
  `assignedips` TEXT NOT NULL,                            -- one address per line
  `ns1` TEXT NOT NULL,
  `ns2` TEXT NOT NULL,
  `diskusage` INT NOT NULL DEFAULT 0,                     -- MB, as the three below
  `disklimit` INT NOT NULL DEFAULT 0,
  `bwusage` INT NOT NULL DEFAULT 0,
  `bwlimit` INT NOT NULL DEFAULT 0,
  `lastupdate` DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  `created_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `userid` (`userid`),
  KEY `server` (`server`),
  KEY `packageid` (`packageid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Configurable options: group, which products use it, options, their choices, and what a service has chosen.
-- Names are "key|Label" or plain. optiontype: 1 drop-down, 2 radio, 3 yes/no, 4 quantity.
CREATE TABLE IF NOT EXISTS `tblproductconfiggroups` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `name` TEXT NOT NULL,
  `description` TEXT NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblproductconfiglinks` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `gid` INT NOT NULL,
  `pid` INT NOT NULL,
  PRIMARY KEY (`id`),
  KEY `pid` (`pid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblproductconfigoptions` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `gid` INT NOT NULL DEFAULT 0,
  `optionname` TEXT NOT NULL,
  `optiontype` TEXT NOT NULL,
  `qtyminimum` INT NOT NULL DEFAULT 0,
  `qtymaximum` INT NOT NULL DEFAULT 0,                    -- 0 = no limit
  `order` INT NOT NULL DEFAULT 0,
  `hidden` INT NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  KEY `gid` (`gid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblproductconfigoptionssub` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `configid` INT NOT NULL DEFAULT 0,                      -- tblproductconfigoptions.id
  `optionname` TEXT NOT NULL,
  `sortorder` INT NOT NULL DEFAULT 0,
  `hidden` INT NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  KEY `configid` (`configid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblhostingconfigoptions` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `relid` INT NOT NULL DEFAULT 0,                         -- tblhosting.id
  `configid` INT NOT NULL DEFAULT 0,                      -- tblproductconfigoptions.id
  `optionid` INT NOT NULL DEFAULT 0,                      -- tblproductconfigoptionssub.id
  `qty` INT NOT NULL DEFAULT 0,                           -- yes/no and quantity options only
  PRIMARY KEY (`id`),
  KEY `relid` (`relid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Custom fields: for products type='product', relid = tblproducts.id, and the value's relid = tblhosting.id.
CREATE TABLE IF NOT EXISTS `tblcustomfields` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `type` TEXT NOT NULL,
  `relid` INT NOT NULL DEFAULT 0,
  `fieldname` TEXT NOT NULL,
  `fieldtype` TEXT NOT NULL,
  `fieldoptions` TEXT NOT NULL,
  `adminonly` TEXT NOT NULL,                              -- 'on' or ''
  `sortorder` INT NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  KEY `relid` (`relid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblcustomfieldsvalues` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `fieldid` INT NOT NULL,
  `relid` INT NOT NULL,
  `value` TEXT NOT NULL,
  PRIMARY KEY (`id`),
  KEY `field_rel` (`fieldid`,`relid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Prices: -1.00 = cycle not offered. type 'product' or 'configoptions', relid = product or choice.
CREATE TABLE IF NOT EXISTS `tblcurrencies` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `code` VARCHAR(8) NOT NULL DEFAULT '',
  `prefix` VARCHAR(32) NOT NULL DEFAULT '',
  `suffix` VARCHAR(32) NOT NULL DEFAULT '',
  `rate` DECIMAL(16,5) NOT NULL DEFAULT 1.00000,
  `default` INT NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblpricing` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `type` VARCHAR(32) NOT NULL DEFAULT 'product',
  `currency` INT NOT NULL DEFAULT 1,
  `relid` INT NOT NULL DEFAULT 0,
  `msetupfee` DECIMAL(16,2) NOT NULL DEFAULT 0.00,
  `monthly` DECIMAL(16,2) NOT NULL DEFAULT -1.00,
  PRIMARY KEY (`id`),
  KEY `rel` (`type`,`relid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Orders: ordernum is a ten-digit random number.
CREATE TABLE IF NOT EXISTS `tblorders` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `ordernum` BIGINT UNSIGNED NOT NULL DEFAULT 0,
  `userid` INT NOT NULL DEFAULT 0,
  `date` DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  `amount` DECIMAL(16,2) NOT NULL DEFAULT 0.00,
  `paymentmethod` TEXT NOT NULL,
  `invoiceid` INT NOT NULL DEFAULT 0,
  `status` TEXT NOT NULL,                                 -- Pending, Active, Fraud, Cancelled
  `ipaddress` TEXT NOT NULL,
  `notes` TEXT NOT NULL,
  PRIMARY KEY (`id`),
  KEY `userid` (`userid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Mail: templates (language '' = default text, translations are further rows of the same type and name) and what was
-- sent.
CREATE TABLE IF NOT EXISTS `tblemailtemplates` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `type` TEXT NOT NULL,
  `name` TEXT NOT NULL,
  `subject` TEXT NOT NULL,
  `message` TEXT NOT NULL,
  `attachments` TEXT NOT NULL,
  `fromname` TEXT NOT NULL,
  `fromemail` TEXT NOT NULL,
  `disabled` TINYINT(1) NOT NULL DEFAULT 0,
  `custom` TINYINT(1) NOT NULL DEFAULT 0,                 -- 1 = not shipped with WHMCS
  `language` TEXT NOT NULL,
  `copyto` TEXT NOT NULL,
  `blind_copy_to` TEXT NOT NULL,
  `plaintext` TINYINT(1) NOT NULL DEFAULT 0,
  `created_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblemails` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `userid` INT NOT NULL DEFAULT 0,
  `subject` TEXT NOT NULL,
  `message` TEXT NOT NULL,
  `date` DATETIME NULL DEFAULT NULL,
  `to` TEXT NULL,
  `cc` TEXT NULL,
  `bcc` TEXT NULL,
  `attachments` TEXT NULL,
  `failed` TINYINT UNSIGNED NOT NULL DEFAULT 0,
  `failure_reason` VARCHAR(250) NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `userid` (`userid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Which usage metrics a product bills. The second table is devhost's own: where WHMCS keeps what it collected is not known.
CREATE TABLE IF NOT EXISTS `tblusage_items` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `rel_type` VARCHAR(200) NOT NULL DEFAULT '',
  `rel_id` INT UNSIGNED NOT NULL DEFAULT 0,
  `module_type` VARCHAR(200) NOT NULL DEFAULT '',
  `module` VARCHAR(200) NOT NULL DEFAULT '',
  `metric` VARCHAR(200) NOT NULL DEFAULT '',
  `included` DECIMAL(19,6) NOT NULL DEFAULT 0,
  `is_hidden` TINYINT(1) NOT NULL DEFAULT 0,
  `created_at` TIMESTAMP NULL DEFAULT NULL,
  `updated_at` TIMESTAMP NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `devhost_metrics` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `server_id` INT UNSIGNED NOT NULL,
  `tenant` VARCHAR(200) NOT NULL,
  `metric` VARCHAR(200) NOT NULL,
  `value` DECIMAL(19,6) NOT NULL,
  `measured_at` DATETIME NOT NULL,
  PRIMARY KEY (`id`),
  KEY `tenant` (`tenant`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Settings: of addon modules (WHMCS adds the rows 'version' and 'access', password fields are plain text), and global
-- ones (SystemURL, ModuleHooks, ModuleDebugMode, Version).
CREATE TABLE IF NOT EXISTS `tbladdonmodules` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `module` TEXT NOT NULL,
  `setting` TEXT NOT NULL,
  `value` TEXT NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblconfiguration` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `setting` VARCHAR(64) NOT NULL,
  `value` TEXT NOT NULL,
  `created_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `setting` (`setting`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Logs, and failed automated module calls that wait for a retry.
CREATE TABLE IF NOT EXISTS `tblactivitylog` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `date` DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  `description` TEXT NOT NULL,
  `user` TEXT NOT NULL,
  `userid` INT NOT NULL DEFAULT 0,                        -- tblclients.id
  `ipaddr` TEXT NOT NULL,
  PRIMARY KEY (`id`),
  KEY `userid` (`userid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblmodulelog` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `date` DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  `module` TEXT NOT NULL,
  `action` TEXT NOT NULL,
  `request` TEXT NOT NULL,
  `response` TEXT NOT NULL,
  `arrdata` TEXT NOT NULL,                                -- what the module made of the response
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblmodulequeue` (
  `id` INT UNSIGNED NOT NULL AUTO_INCREMENT,
  `service_type` VARCHAR(32) NOT NULL DEFAULT '',
  `service_id` INT UNSIGNED NOT NULL DEFAULT 0,
  `module_name` VARCHAR(64) NOT NULL DEFAULT '',
  `module_action` VARCHAR(64) NOT NULL DEFAULT '',
  `last_attempt` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  `last_attempt_error` TEXT NOT NULL,
  `num_retries` SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  `completed` TINYINT(1) NOT NULL DEFAULT 0,
  `created_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
