<?php
/**
 * WHMCS's cron entry point; "daily" as first argument runs the daily hooks too.
 */

declare(strict_types=1);

if (PHP_SAPI !== 'cli') {
    exit;
}
require_once __DIR__ . '/../init.php';

foreach (Devhost\Cron::run(($argv[1] ?? '') === 'daily') as $line) {
    echo $line, "\n";
}
