<?php
/**
 * WHMCS hooks of the server module. They run inside every WHMCS page and cron run: silent, and nothing at load time.
 */

declare(strict_types=1);

use Kvmbridge\Shim\ServerModule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/lib/load.php';

// The service delivers its mails and log entries itself; this is the second chance after PHP was down.
add_hook('AfterCronJob', 5, static function (): void {
    ServerModule::deliverOutbox();
});
