<?php declare(strict_types=1);
/** The tasks, from the system's crontab or by hand. --help says how; the kvmbridge service does the work. */

PHP_SAPI === 'cli' || exit(isset($_SERVER['REQUEST_METHOD']) ? '' : "This needs PHP's command line program (php-cli).\n");
require_once __DIR__ . '/../../servers/puqProxmoxKVM/lib/load.php';
Kvmbridge\Shim\Cron::begin(array_slice($argv, 1));
require_once __DIR__ . '/../../servers/puqProxmoxKVM/lib/whmcs.php';
Kvmbridge\Shim\Cron::run();
