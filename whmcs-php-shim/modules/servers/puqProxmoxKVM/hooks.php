<?php declare(strict_types=1);
/** WHMCS hooks of the server module. They run inside every page and cron run of WHMCS: silent, and nothing at load time. */

defined('WHMCS') || die('This file cannot be accessed directly');

// The service delivers mails and log entries by itself; this is the second chance after PHP was down.
add_hook('AfterCronJob', 5, static function (): void {
    require_once __DIR__ . '/lib/load.php';
    Kvmbridge\Shim\ServerModule::deliverOutbox();
});

// The page's buttons that destroy something ask first. The file name comes with and without its extension.
add_hook('AdminAreaFooterOutput', 5, static fn ($vars): string => strpos((string) ($vars['filename'] ?? ''), 'clientsservices') === 0
    ? '<script src="../modules/servers/puqProxmoxKVM/confirm.js"></script>' : '');
