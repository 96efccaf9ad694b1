<?php
/**
 * A WHMCS root for the tests of callback.php, dns.php and cron.php: devhost's functions over tables in memory. The query of the request,
 * or FAKE_QUERY for the command line, chooses how loading goes; a page that prints HTML while it loads is the normal case.
 */

declare(strict_types=1);

parse_str((string) getenv('FAKE_QUERY'), $query);
$_GET += $query;
require_once __DIR__ . '/../../Memory/Capsule.php';
require_once __DIR__ . '/../../../devhost/includes/load.php';

echo '<b>Warning</b>: something WHMCS prints while it loads';
switch ($_GET['mode'] ?? '') {
    case 'exit':
        exit('<h1>Down for Maintenance</h1>');
    case 'fatal':
        an_undefined_function();
    case 'throw':
        throw new RuntimeException('no licence');
}
define('WHMCS', true);
if (($_GET['mode'] ?? '') === 'die-later') {
    add_hook('LogActivity', 1, static function (): void {
        exit('a hook of somebody else');
    });
}
$CONFIG = ['Version' => '8.13.0-release.1', 'CompanyName' => 'Example', 'ModuleDebugMode' => 'on'];
Devhost\Cipher::configure('hash');
WHMCS\Database\Capsule::$tables = [
    'tbladdonmodules' => [
        ['module' => 'puq_proxmox_kvm', 'setting' => 'secret', 'value' => (string) getenv('FAKE_SECRET')],
        ['module' => 'puq_proxmox_kvm', 'setting' => 'sidecar_urls', 'value' => (string) ($_GET['sidecar'] ?? '')],
        ['module' => 'puq_proxmox_kvm', 'setting' => 'total_timeout', 'value' => (string) ($_GET['patience'] ?? '15')],
        ['module' => 'puq_proxmox_kvm', 'setting' => 'secret_next', 'value' => 'next-' . getenv('FAKE_SECRET')],
    ],
];
